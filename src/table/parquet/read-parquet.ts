/**
 * Plans a table over Parquet files: footers are read in the pool, schemas checked, and every row group
 * becomes a partition, a large one several (by rows; the decoder skips pages it does not need).
 */
import { statSync } from 'node:fs';
import { Schema, Type } from 'apache-arrow';
import { isUrl } from '../../base/allowed-urls.ts';
import type { TaskOptions, TaskRunner } from '../../cluster/task-runner.ts';
import { nameOfFile } from '../files/file-bytes.ts';
import { findFilesOf, sharedIdentity } from '../files/files-of-runner.ts';
import type { FoundFile } from '../files/find-files.ts';
import { folderColumns } from '../files/folder-columns.ts';
import { mergeSchemas } from '../merge-schemas.ts';
import { PartitionedTable, type TableOptions } from '../partitioned-table.ts';
import { isBriefFile } from '../plan/brief-partition.ts';
import { mapInOrder } from '../plan/map-in-order.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import { describedNode, sourceNode } from '../plan/plan-node.ts';
import {
  type FieldRecord,
  fieldToRecord,
  type SchemaRecord,
  schemaFromRecord,
  schemaToRecord,
} from '../schema-record.ts';
import type { ParquetInfo, ParquetSource } from './parquet-source.ts';
import { haveSmallFooters } from './small-footers.ts';

const rowsPerPartition = 262_144;
const bytesPerPartition = 64 << 20;
const maxPartitionsPerGroup = 8;
/** More files than these are never little. */
const fewFiles = 8;
/** From this size on every thread will have something to decode. */
const manyBytes = 1 << 20;

/**
 * A table over Parquet files.
 *
 * @param paths a file or URL, a list of them, a glob, or a folder (all its files, `key=value` folders as columns)
 * @throws CoppiceError `FILE_NOT_FOUND`, `FILE_FORMAT`, `SCHEMA_MISMATCH`, `UNSUPPORTED`, `ABORTED`
 */
export async function readParquet(
  runner: TaskRunner,
  paths: string | readonly string[],
  options: TableOptions = {},
): Promise<PartitionedTable> {
  const files = await findFilesOf(runner, paths, ['.parquet', '.parq', '.pq'], options.signal);
  const { signal } = options;
  const isHere = runner.readsElsewhere !== true;
  const bytes = isHere ? sizeOf(files) : 0;
  const isBrief = isHere && isBriefFile(bytes);
  // while threads start, this one reads what it will wait for
  const isHerald = isHere && !isBrief && files.length <= fewFiles && haveSmallFooters(files);
  const inspect = async ({ path }: FoundFile): Promise<ParquetInfo> => {
    const quick = { path, asksDecoder: false };
    const ask = (payload: typeof quick | { path: string }, options: TaskOptions) =>
      runner.run<ParquetInfo | null>('table.parquetInfo', payload, options);
    const found = isHerald ? await ask(quick, { signal, isBrief: true }) : null;
    return found ?? ((await ask({ path }, { signal, isBrief })) as ParquetInfo);
  };
  if (isHere && !isBrief) {
    const numDecoding = bytes >= manyBytes ? runner.numThreads : 1;
    const [first] = files;
    startAhead(runner, isHerald ? numDecoding : numDecoding - files.length, first?.path ?? '');
  }
  const infos: ParquetInfo[] = [];
  for await (const info of mapInOrder(files, runner.numThreads * 2, inspect)) infos.push(info);
  const [only] = infos;
  const isOne = infos.length === 1 && files[0]?.folderValues.length === 0;
  if (isOne && only !== undefined && only.rowGroups.length > 0 && isPlainSchema(only.schema)) {
    const { schema } = only;
    const made = partitionsOf(runner, infos, schema, () => ({ conforms: [], constants: [] }));
    return new PartitionedTable(
      runner,
      describedNode(schema, () => schemaFromRecord(schema), made),
    );
  }
  const folders = folderColumns(files);
  const folderNames = new Set(folders.fields.map((field) => field.name));
  const merged = mergeSchemas(
    infos.map((info) => ({
      what: `file ${nameOfFile(info.file.path)}`,
      schema: without(schemaFromRecord(info.schema), folderNames),
    })),
    { widens: true },
  );
  const schema = new Schema([...merged.schema.fields, ...folders.fields], merged.schema.metadata);
  const record = schemaToRecord(schema);
  const partitions = partitionsOf(runner, infos, record, (fileIndex) => ({
    conforms: (merged.conforms[fileIndex] ?? []).map(fieldToRecord),
    constants: folders.constants[fileIndex] ?? [],
  }));
  return new PartitionedTable(runner, sourceNode(schema, partitions));
}

/** Every row group as a partition, a large one as several. @param otherwise what a file has in another way than the table */
function partitionsOf(
  runner: TaskRunner,
  infos: readonly ParquetInfo[],
  schema: SchemaRecord,
  otherwise: (fileIndex: number) => Pick<ParquetSource, 'conforms' | 'constants'>,
): PartitionSpec[] {
  const partitions: PartitionSpec[] = [];
  for (const [fileIndex, info] of infos.entries()) {
    const others = otherwise(fileIndex);
    for (const [rowGroup, { numRows, totalBytes }] of info.rowGroups.entries()) {
      for (const { firstRow, endRow } of cuts(numRows, totalBytes, isUrl(info.file.path))) {
        const source: ParquetSource = {
          kind: 'parquet',
          file: sharedIdentity(runner, info.file),
          rowGroup,
          firstRow,
          numRows: endRow - firstRow,
          ...others,
        };
        partitions.push({ index: partitions.length, source, operators: [], schema });
      }
    }
  }
  return partitions;
}

/** True for columns of numbers and text of different names: their table needs nothing of Arrow's until somebody asks for its schema. */
function isPlainSchema({ fields }: SchemaRecord): boolean {
  const isPlain = ({ type }: FieldRecord): boolean =>
    type.typeId === Type.Int || type.typeId === Type.Float || type.typeId === Type.Utf8;
  return fields.every(isPlain) && new Set(fields.map(({ name }) => name)).size === fields.length;
}

/** Has threads start that will decode this file. */
function startAhead(runner: TaskRunner, numThreads: number, path: string): void {
  for (let i = 0; i < numThreads; i++) {
    runner.run('table.startDecoder', path, { isAhead: true }).catch(() => undefined);
  }
}

/** Bytes of all files; of more than a few it is enough to know that they are many. */
function sizeOf(files: readonly FoundFile[]): number {
  if (files.length > fewFiles) return manyBytes;
  return files.reduce(
    (sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? manyBytes),
    0,
  );
}

function without(schema: Schema, names: ReadonlySet<string>): Schema {
  return new Schema(
    schema.fields.filter((field) => !names.has(field.name)),
    schema.metadata,
  );
}

/** @param isFar every piece fetches all bytes of its columns, so there are fewer */
function cuts(
  numRows: number,
  totalBytes: number,
  isFar: boolean,
): { firstRow: number; endRow: number }[] {
  const wanted =
    Math.max(numRows / rowsPerPartition, totalBytes / bytesPerPartition) / (isFar ? 4 : 1);
  const count = Math.max(1, Math.min(maxPartitionsPerGroup, numRows, Math.ceil(wanted)));
  return Array.from({ length: count }, (_, i) => ({
    firstRow: Math.floor((numRows * i) / count),
    endRow: Math.floor((numRows * (i + 1)) / count),
  }));
}
