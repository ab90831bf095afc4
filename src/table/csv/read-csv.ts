/**
 * Plans a table over CSV files: each file is scanned once in the pool (csv-info.ts), every block of whole
 * records becomes a partition, and cells are taken apart only when rows are wanted (read-csv-block.ts).
 */
import { type DataType, Field, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { emitWarning } from '../../base/warn.ts';
import type { TaskRunner } from '../../cluster/task-runner.ts';
import { paramInvalid } from '../../params/resolve-params.ts';
import { missingColumn } from '../columns/find-column.ts';
import { typeFromName } from '../columns/type-name.ts';
import { findFilesOf, refuseUrls, sharedIdentity } from '../files/files-of-runner.ts';
import type { FoundFile } from '../files/find-files.ts';
import { folderColumns } from '../files/folder-columns.ts';
import { PartitionedTable, type TableOptions } from '../partitioned-table.ts';
import { mapInOrder } from '../plan/map-in-order.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { sourceNode } from '../plan/plan-node.ts';
import { fieldToRecord, schemaToRecord } from '../schema-record.ts';
import { columnBuilder } from './column-builder.ts';
import { checkDelimiter, defaultNullValues } from './csv-dialect.ts';
import type { CsvInfo, CsvInfoRequest } from './csv-info.ts';
import {
  type ColumnSample,
  commaNumber,
  joinSamples,
  strayText,
  typeOfSample,
} from './infer-types.ts';
import type { CsvSource } from './read-csv-block.ts';

/** Options of reading CSV. */
export interface ReadCsvOptions extends TableOptions {
  /** Whether the first line names the columns, true by default; without it they are `_c0`, `_c1`, …. */
  readonly header?: boolean | undefined;
  /** What stands between cells; by default the one of `,` tab `;` `|` that the first line has most of. */
  readonly delimiter?: string | undefined;
  /** Names for the columns, in place of the first line's where there is a header. */
  readonly columnNames?: readonly string[] | undefined;
  /** Cells that are missing values; by default an empty cell, `NA`, `N/A`, `n/a`, `NaN`, `nan`, `null`, `NULL`. */
  readonly nullValues?: readonly string[] | undefined;
  /** Drop spaces around text, false by default; around numbers, dates and booleans they never count. */
  readonly trim?: boolean | undefined;
  /**
   * Types of columns, by name: `{ zip: 'string', price: 'double' }`, or an Arrow schema. The types of the
   * others are read off a sample of the rows.
   */
  readonly schema?: Readonly<Record<string, string>> | Schema | undefined;
}

const owner = 'read.csv';

/**
 * A table over CSV files.
 *
 * @param paths a file, a list of files, a glob, or a folder (its .csv, .tsv and .txt files)
 * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`, `COLUMN_NOT_FOUND`,
 * `PARAM_INVALID`, `ABORTED`; reading rows throws `DATA_INVALID` for a cell that its column's type does not fit
 */
export async function readCsv(
  runner: TaskRunner,
  paths: string | readonly string[],
  options: ReadCsvOptions = {},
): Promise<PartitionedTable> {
  const request = requestOf(options);
  refuseUrls(paths, 'read.csv');
  const files = await findFilesOf(runner, paths, ['.csv', '.tsv', '.txt'], options.signal);
  const { signal } = options;
  const inspect = ({ path }: FoundFile): Promise<CsvInfo> =>
    runner.run<CsvInfo>('table.csvInfo', { ...request, path }, { signal });
  const infos: CsvInfo[] = [];
  for await (const info of mapInOrder(files, runner.numThreads * 2, inspect)) infos.push(info);
  const types = columnTypes(infos, options.schema);
  const folders = folderColumns(files);
  const folderNames = new Set(folders.fields.map((field) => field.name));
  checkNames(infos);
  const own = fieldsOf(infos[0] as CsvInfo, types).filter((field) => !folderNames.has(field.name));
  const schema = new Schema([...own, ...folders.fields]);
  const record = schemaToRecord(schema);
  const partitions: PartitionSpec[] = [];
  for (const [fileIndex, info] of infos.entries()) {
    const fields = fieldsOf(info, types).map(fieldToRecord);
    const constants = folders.constants[fileIndex] ?? [];
    const file = {
      kind: 'csv',
      file: sharedIdentity(runner, info.file),
      dialect: info.dialect,
      fields,
      constants,
    } as const;
    for (const [block, end] of info.cuts.slice(1).entries()) {
      const source: CsvSource = { ...file, start: info.cuts[block] as number, end };
      partitions.push({ index: partitions.length, source, operators: [], schema: record });
    }
  }
  return new PartitionedTable(runner, sourceNode(schema, partitions));
}

function requestOf(options: ReadCsvOptions): Omit<CsvInfoRequest, 'path'> {
  const { header = true, trim = false, nullValues = defaultNullValues } = options;
  const { delimiter, columnNames } = options;
  if (typeof header !== 'boolean') throw paramInvalid(owner, 'header', 'true or false', header);
  if (typeof trim !== 'boolean') throw paramInvalid(owner, 'trim', 'true or false', trim);
  if (delimiter !== undefined) checkDelimiter(delimiter, owner);
  checkTexts('nullValues', nullValues);
  if (columnNames !== undefined) checkTexts('columnNames', columnNames);
  return { header, trim, delimiter, columnNames, nullValues: [...nullValues] };
}

function checkTexts(name: string, value: unknown): void {
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return;
  throw paramInvalid(owner, name, 'an array of strings', value);
}

/** The type of every column: the one given, else what the samples of all files fit. */
function columnTypes(
  infos: readonly CsvInfo[],
  given: ReadCsvOptions['schema'],
): Map<string, DataType> {
  const samples = new Map<string, ColumnSample>();
  for (const info of infos) {
    for (const [index, name] of info.names.entries()) {
      const sample = info.samples[index] as ColumnSample;
      const before = samples.get(name);
      samples.set(name, before === undefined ? sample : joinSamples(before, sample));
    }
  }
  const types = new Map([...samples].map(([name, sample]) => [name, typeOfSample(sample)]));
  for (const [name, type] of givenTypes(given)) {
    if (!types.has(name)) {
      const fields = [...types].map(([known, its]) => new Field(known, its, true));
      throw missingColumn(new Schema(fields), name, `the schema of ${owner}`);
    }
    // Refuses types that no cell can be read as.
    columnBuilder(type, name);
    types.set(name, type);
    samples.delete(name);
  }
  warnOfStrays(infos[0]?.file.path ?? '', samples);
  return types;
}

/** A missing value that is written in a way of its own, or commas, would make categories of numbers. */
function warnOfStrays(path: string, samples: ReadonlyMap<string, ColumnSample>): void {
  const strays = columnsWith(samples, strayText);
  if (strays !== null) {
    emitWarning(
      `columns of ${path} are read as text though nearly all of their values are numbers: ${strays.list}. ` +
        `If these are missing values, read them as such, { nullValues: ['', 'NA', ${strays.text}] } (--null-values on the command line); ` +
        `if text is meant, { schema: { ${strays.name}: 'string' } } says so${castWord(strays.name)}`,
    );
  }
  const commas = columnsWith(samples, commaNumber);
  if (commas === null) return;
  emitWarning(
    `columns of ${path} are read as text though their values are numbers but for commas: ${commas.list}. ` +
      'Write numbers with a point before the fraction, and nothing between thousands; ' +
      `if text is meant, { schema: { ${commas.name}: 'string' } } says so${castWord(commas.name)}`,
  );
}

/** @param name in quotes */
function castWord(name: string): string {
  return ` (--cast ${JSON.parse(name)}=string on the command line)`;
}

/** The columns for which a text is found, with it, and the first one of both; null for none. */
function columnsWith(
  samples: ReadonlyMap<string, ColumnSample>,
  textOf: (sample: ColumnSample) => string | null,
): { readonly list: string; readonly name: string; readonly text: string } | null {
  const found = [...samples].flatMap(([name, sample]): [string, string][] => {
    const text = textOf(sample);
    return text === null ? [] : [[JSON.stringify(name), JSON.stringify(text.slice(0, 40))]];
  });
  const [first] = found;
  if (first === undefined) return null;
  const some = found.slice(0, 5).map(([name, text]) => `${name} because of ${text}`);
  const more = found.length > 5 ? `, and ${found.length - 5} more` : '';
  return { list: `${some.join(', ')}${more}`, name: first[0], text: first[1] };
}

function givenTypes(given: ReadCsvOptions['schema']): [string, DataType][] {
  if (given === undefined) return [];
  if (given instanceof Schema) return given.fields.map((field) => [field.name, field.type]);
  if (typeof given !== 'object' || given === null) {
    throw paramInvalid(owner, 'schema', 'an object of types by column name', given);
  }
  return Object.entries(given).map(([name, type]) => {
    if (typeof type === 'string') return [name, typeFromName(type, `column "${name}" of ${owner}`)];
    throw paramInvalid(owner, `schema.${name}`, 'the name of a type', type);
  });
}

function fieldsOf(info: CsvInfo, types: ReadonlyMap<string, DataType>): Field[] {
  return info.names.map((name) => new Field(name, types.get(name) as DataType, true));
}

/** Refuses files whose columns have other names than the first file's; their order may differ. */
function checkNames(infos: readonly CsvInfo[]): void {
  const first = infos[0] as CsvInfo;
  for (const { file, names } of infos) {
    const extra = names.find((name) => !first.names.includes(name));
    const missing = first.names.find((name) => !names.includes(name));
    const column = extra ?? missing;
    if (column === undefined) continue;
    const why =
      extra === undefined
        ? `"${column}" is missing; ${nameSuggestion(column, names)}`
        : `"${column}" is not in ${first.file.path}; ${nameSuggestion(column, first.names)}`;
    const message = `columns of file ${file.path} must be those of the other files; ${why}`;
    throw new CoppiceError('SCHEMA_MISMATCH', message, { context: { file: file.path, column } });
  }
}
