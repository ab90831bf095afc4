/**
 * Reads one block of a CSV file into shared columns, in the thread that calls. The block is taken apart
 * in pieces of about 1 MiB, so that the text and cells of no more than one piece are in memory at once;
 * cells of columns that nobody wants are not looked at.
 */
import { type Data, Field, type RecordBatch, Schema } from 'apache-arrow';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { makeBatch } from '../columns/column-data.ts';
import { type ConstantColumn, constantColumn } from '../columns/constant-column.ts';
import { typeName } from '../columns/type-name.ts';
import type { FileIdentity } from '../files/file-bytes.ts';
import { withFile } from '../files/open-file.ts';
import { readFully } from '../files/read-fully.ts';
import type { SourceRequest } from '../files/sources.ts';
import type { RowRange, SourceSpec } from '../plan/partition-spec.ts';
import { type FieldRecord, fieldFromRecord } from '../schema-record.ts';
import { type ColumnBuilder, columnBuilder } from './column-builder.ts';
import type { CsvDialect } from './csv-dialect.ts';
import { inText, lineAt, notUtf8, withLines } from './csv-info.ts';
import { parseRecords } from './parse-records.ts';
import { RecordFault, RecordScanner } from './record-scanner.ts';

/** Bytes [start, end) of a file: whole records. */
export interface CsvSource extends SourceSpec {
  readonly kind: 'csv';
  readonly file: FileIdentity;
  readonly start: number;
  readonly end: number;
  readonly dialect: CsvDialect;
  /** The file's columns, in its order. */
  readonly fields: readonly FieldRecord[];
  /** Columns whose values stand in the path (`key=value` folders). */
  readonly constants: readonly ConstantColumn[];
}

const pieceBytes = 1 << 20;

/** See the header. */
export async function readCsvBlock(
  source: CsvSource,
  request: SourceRequest,
): Promise<RecordBatch> {
  const { file } = source;
  return withFile(file.path, file, (fd) =>
    withLines(file.path, () => readBlock(fd, source, request)),
  );
}

function readBlock(fd: number, source: CsvSource, request: SourceRequest): RecordBatch {
  const { columns, rows } = request;
  const reader = new BlockReader(source, columns, rows);
  const bytes = Buffer.from(readFully(fd, source.start, source.end - source.start).buffer);
  const scanner = new RecordScanner(source.dialect, pieceBytes, source.start);
  scanner.push(bytes);
  scanner.end();
  const cuts = [...scanner.starts.filter((start) => start < source.end), source.end];
  let start = source.start;
  for (const end of cuts) {
    const piece = bytes.subarray(start - source.start, end - source.start);
    if (!reader.read(piece, start)) break;
    start = end;
  }
  return reader.finish();
}

interface Wanted {
  readonly field: Field;
  readonly index: number;
  readonly builder: ColumnBuilder;
}

class BlockReader {
  readonly #source: CsvSource;
  readonly #columns: readonly string[];
  readonly #wanted: readonly Wanted[];
  readonly #nulls: ReadonlySet<string>;
  readonly #longestNull: number;
  readonly #firstRow: number;
  readonly #endRow: number;
  #row = 0;

  constructor(source: CsvSource, columns: readonly string[], rows: RowRange | undefined) {
    this.#source = source;
    this.#columns = columns;
    this.#nulls = new Set(source.dialect.nullValues);
    this.#longestNull = Math.max(-1, ...source.dialect.nullValues.map((text) => text.length));
    this.#firstRow = rows?.start ?? 0;
    this.#endRow = rows?.end ?? Number.POSITIVE_INFINITY;
    const names = new Set(columns);
    this.#wanted = source.fields.flatMap((record, index) => {
      if (!names.has(record.name)) return [];
      const field = fieldFromRecord(record);
      return [{ field, index, builder: columnBuilder(field.type, field.name) }];
    });
  }

  /** Reads the records of one piece; false when no more rows are wanted. */
  read(piece: Uint8Array, position: number): boolean {
    const { dialect } = this.#source;
    const decoded = decode(piece, position);
    const text = decoded.endsWith(dialect.newline) ? decoded : `${decoded}${dialect.newline}`;
    const take = (cells: string[], at: number): boolean => {
      if (this.#row >= this.#endRow) return false;
      const faultAt = (): number => position + Buffer.byteLength(text.slice(0, at));
      if (cells.length !== this.#source.fields.length) throw this.#ragged(cells, faultAt());
      if (this.#row >= this.#firstRow) this.#add(cells, faultAt);
      this.#row++;
      return true;
    };
    inText(text, position, () => parseRecords(text, dialect, take));
    return this.#row < this.#endRow;
  }

  finish(): RecordBatch {
    const numRows = Math.max(0, Math.min(this.#row, this.#endRow) - this.#firstRow);
    const columns: [Field, Data][] = this.#wanted.map(({ field, builder }) => {
      const data = builder.finish();
      return [new Field(field.name, data.type, true, field.metadata), data];
    });
    for (const constant of this.#source.constants) {
      if (this.#columns.includes(constant.name)) columns.push(constantColumn(constant, numRows));
    }
    const schema = new Schema(columns.map(([field]) => field));
    return makeBatch(
      schema,
      columns.map(([, data]) => data),
      numRows,
    );
  }

  #add(cells: readonly string[], faultAt: () => number): void {
    const { trim } = this.#source.dialect;
    for (const wanted of this.#wanted) {
      const { builder } = wanted;
      const raw = cells[wanted.index] as string;
      const cell = trim || !builder.keepsSpaces ? withoutSpaces(raw) : raw;
      if (cell.length <= this.#longestNull && this.#nulls.has(cell)) builder.missing();
      else if (!builder.add(cell)) throw this.#misfit(wanted, cell, faultAt());
    }
  }

  #ragged(cells: readonly string[], position: number): RecordFault {
    const { length } = this.#source.fields;
    return new RecordFault(position, `it must have ${length} cells; got ${cells.length}`);
  }

  #misfit({ field }: Wanted, cell: string, position: number): CoppiceError {
    const { path } = this.#source.file;
    const line = lineAt(path, position);
    const { name } = field;
    const type = typeName(field.type);
    const message = `values of column "${name}" of ${path} must be of type ${type}; got ${describeValue(cell)} in line ${line}. Name another type, { schema: { ${JSON.stringify(name)}: 'string' } } (--cast ${name}=string on the command line), or a missing value, { nullValues: […] } (--null-values on the command line)`;
    return new CoppiceError('DATA_INVALID', message, {
      context: { file: path, line, column: name, value: describeValue(cell) },
    });
  }
}

function decode(piece: Uint8Array, position: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(piece);
  } catch {
    throw notUtf8(piece, position);
  }
}

function withoutSpaces(cell: string): string {
  if (cell.length === 0) return cell;
  const isOuterSpace = cell.charCodeAt(0) <= 32 || cell.charCodeAt(cell.length - 1) <= 32;
  return isOuterSpace ? cell.trim() : cell;
}
