/**
 * The columns that `key=value` folders give: one for each key, its type read off the values of all files
 * (int, bigint, double, else text), `__HIVE_DEFAULT_PARTITION__` for a missing value.
 */
import { type DataType, Dictionary, Field, Float64, Int32, Int64, Utf8 } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { ConstantColumn } from '../columns/constant-column.ts';
import { typeToRecord } from '../schema-record.ts';
import type { FoundFile } from './find-files.ts';

const missing = '__HIVE_DEFAULT_PARTITION__';

/** The fields that folders give, and the values of each file. */
export interface FolderColumns {
  readonly fields: readonly Field[];
  /** For each file, in order. */
  readonly constants: readonly (readonly ConstantColumn[])[];
}

/**
 * The folder columns of files.
 *
 * @throws CoppiceError `SCHEMA_MISMATCH` when folders differ in their keys, `COLUMN_EXISTS` for a key that is there twice
 */
export function folderColumns(files: readonly FoundFile[]): FolderColumns {
  const keys = (files[0]?.folderValues ?? []).map(([key]) => key);
  if (files[0] !== undefined) refuseTwice(files[0], keys);
  for (const file of files) {
    const own = file.folderValues.map(([key]) => key);
    if (own.length === keys.length && own.every((key, index) => key === keys[index])) continue;
    const message = `folders of file ${file.path} must name the keys of the first file's (${keys.join(', ') || 'none'}); got ${own.join(', ') || 'none'}`;
    throw new CoppiceError('SCHEMA_MISMATCH', message, { context: { file: file.path } });
  }
  const types = keys.map((_, index) => typeOf(files.map((file) => valueAt(file, index))));
  const fields = keys.map((key, index) => new Field(key, types[index] as DataType, true));
  const constants = files.map((file) =>
    keys.map((name, index) => {
      const type = types[index] as DataType;
      const text = valueAt(file, index);
      const isText = type instanceof Dictionary;
      const value = text === null || isText ? text : Number(text);
      return { name, type: typeToRecord(type), value };
    }),
  );
  return { fields, constants };
}

function refuseTwice({ path }: FoundFile, keys: readonly string[]): void {
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice === undefined) return;
  const message = `folders of file ${path} must name each key once, for every key is a column; got ${twice} twice; rename one of the folders, or read the files by a path that goes through them`;
  throw new CoppiceError('COLUMN_EXISTS', message, { context: { file: path, column: twice } });
}

function valueAt(file: FoundFile, index: number): string | null {
  const text = file.folderValues[index]?.[1] ?? missing;
  return text === missing ? null : text;
}

function typeOf(values: readonly (string | null)[]): DataType {
  const texts = values.filter((value) => value !== null);
  // A leading zero is part of a name (postcodes), not a number.
  const areIntegers = texts.every((text) => /^-?(0|[1-9]\d{0,15})$/.test(text));
  if (
    texts.length > 0 &&
    areIntegers &&
    texts.every((text) => Number.isSafeInteger(Number(text)))
  ) {
    const isNarrow = texts.every((text) => Number(text) === (Number(text) | 0));
    return isNarrow ? new Int32() : new Int64();
  }
  if (texts.length > 0 && texts.every((text) => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)))
    return new Float64();
  return new Dictionary(new Utf8(), new Int32());
}
