/** What a thread remembers of the Parquet files that it has opened: footers and columns, which are read once. */
import { Field, RecordBatchReader, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { normalField } from '../columns/normal-type.ts';
import type { FileBytes, FileIdentity } from '../files/file-bytes.ts';
import { changedFile } from '../files/open-file.ts';
import { type FieldRecord, fieldToRecord, type SchemaRecord } from '../schema-record.ts';
import type { FlatColumn } from './flat/flat-schema.ts';
import { flatColumnsOf } from './flat/read-flat.ts';
import { hasArrowSchema, type ParquetFooter, readFooter } from './footer.ts';
import { markPandasIndex } from './pandas-index.ts';
import { callParquetWasm } from './parquet-wasm.ts';
import { emptyFile } from './slice-file.ts';

const opened = new Map<string, OpenedFile>();
const maxOpened = 16;
const fieldId = 'PARQUET:field_id';

/** What a thread remembers of a file. */
export interface OpenedFile {
  readonly file: FileIdentity;
  readonly footer: ParquetFooter;
  /** The Arrow schema as the decoder sees it, made when somebody asks for it, and whether the file stores it. */
  readonly schema: Schema;
  readonly storesSchema: boolean;
  /** How its columns are stored, where all of them are flat. */
  readonly flat: ReadonlyMap<string, FlatColumn> | null;
  /** A checksum of the footer. */
  readonly contents: number;
}

/**
 * What is known of a file that a table planned to read. Of copies on several machines the times say nothing, so their
 * footers are compared, which tell where each column lies and mostly its extremes.
 *
 * @throws CoppiceError `DATA_INVALID`
 */
export async function plannedFile(from: FileBytes, planned: FileIdentity): Promise<OpenedFile> {
  const known = await openedFile(from);
  if (planned.contents === undefined || planned.contents === known.contents) return known;
  throw changedFile(planned);
}

/** What is known of a file, whose footer is read once; null where only the decoder knows its columns and is not to be asked. */
export async function openedFile(from: FileBytes): Promise<OpenedFile>;
export async function openedFile(from: FileBytes, asksDecoder: boolean): Promise<OpenedFile | null>;
export async function openedFile(from: FileBytes, asksDecoder = true): Promise<OpenedFile | null> {
  const { identity: file } = from;
  const known = opened.get(file.path);
  if (known !== undefined && isSameFile(known.file, file)) return known;
  const footer = await readFooter(from);
  const flat = flatColumnsOf(footer);
  if (flat === null && !asksDecoder) return null;
  const now = opening(file, footer, flat);
  opened.delete(file.path);
  opened.set(file.path, now);
  const oldest = opened.keys().next();
  if (opened.size > maxOpened && oldest.done !== true) opened.delete(oldest.value);
  return now;
}

function opening(
  file: FileIdentity,
  footer: ParquetFooter,
  flat: ReadonlyMap<string, FlatColumn> | null,
): OpenedFile {
  let made = flat === null ? decodersSchema(footer) : null;
  let contents: number | null = null;
  return {
    ...{ file, footer, flat },
    get contents() {
      contents ??= checksum(footer.bytes);
      return contents;
    },
    get schema() {
      made ??= new Schema(
        [...(flat as NonNullable<typeof flat>).values()].map(({ field }) => field),
      );
      return made;
    },
    storesSchema: hasArrowSchema(footer),
  };
}

/** FNV-1a of words. */
function checksum(bytes: Uint8Array): number {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words.reduce((sum, word) => Math.imul(sum ^ word, 0x01000193), 0x811c9dc5);
}

/** The columns of a file as a table has them. */
export function tableColumns(known: OpenedFile): SchemaRecord {
  const { flat, footer } = known;
  const fields =
    flat === null
      ? known.schema.fields.map(normalRecord)
      : Array.from(flat.values(), ({ record }) => record);
  return markPandasIndex(cleanSchema(fields), footer);
}

/** Field by field: in one schema a new dictionary's id could be that of another one of the file. */
function normalRecord(field: Field): FieldRecord {
  return fieldToRecord(normalField(field));
}

function decodersSchema(footer: ParquetFooter): Schema {
  const empty = emptyFile(footer);
  const bytes = callParquetWasm((module) => module.readSchema(empty).intoIPCStream());
  // a table would have a batch, and Arrow compares all columns of a batch with each other
  return ofKnownTypes(() => RecordBatchReader.from(bytes).open().schema);
}

/** Calls Arrow's reader, which knows fewer types than the decoder. @throws CoppiceError `UNSUPPORTED` */
export function ofKnownTypes<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const message = `it must have types of columns that tables can hold; ${(cause as Error).message}`;
    throw new CoppiceError('UNSUPPORTED', message, { cause });
  }
}

function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.version === b.version;
}

/** The footer of a file, where this thread has opened it as it is now. */
export function openedFooter(file: FileIdentity): ParquetFooter | null {
  const known = opened.get(file.path);
  return known !== undefined && isSameFile(known.file, file) ? known.footer : null;
}

/** Field ids of the file mean nothing to a table. */
function cleanSchema(fields: readonly FieldRecord[]): SchemaRecord {
  const isKept = ([key]: readonly [string, string]): boolean => key !== fieldId;
  const cleaned = fields.map((field) => ({ ...field, metadata: field.metadata.filter(isKept) }));
  return { fields: cleaned, metadata: [] };
}

/** The same of a field of Arrow's. */
export function cleanField(field: Field): Field {
  if (!field.metadata.has(fieldId)) return field;
  const metadata = new Map(field.metadata);
  metadata.delete(fieldId);
  return new Field(field.name, field.type, field.nullable, metadata);
}
