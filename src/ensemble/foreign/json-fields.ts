/** Fields of a file's JSON, each checked for what it must be. */
import type { ModelFile } from './model-file.ts';

/** An object of a file. */
export type Fields = Readonly<Record<string, unknown>>;

/** A field that is an object. @throws CoppiceError `MODEL_FORMAT` */
export function objectAt(file: ModelFile, fields: Fields, name: string): Fields {
  const value = fields[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw file.malformed(`has no object ${name}`);
}

/** A field that is a list. @throws CoppiceError `MODEL_FORMAT` */
export function listAt(file: ModelFile, fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value;
  throw file.malformed(`has no list ${name}`);
}

/** A field that is a list of numbers, of so many where it is said. @throws CoppiceError `MODEL_FORMAT` */
export function numbersAt(
  file: ModelFile,
  fields: Fields,
  name: string,
  count?: number,
): readonly number[] {
  const values = listAt(file, fields, name);
  if (count !== undefined && values.length !== count)
    throw file.malformed(`has ${values.length} numbers in ${name}, not ${count}`);
  if (values.every((value) => typeof value === 'number')) return values as readonly number[];
  // flags may be true and false, and a number that is none stands as a text
  if (values.every((value) => ['number', 'boolean'].includes(typeof value) || value === 'NaN'))
    return values.map(Number);
  throw file.malformed(`has what is no number in ${name}`);
}

/** The same of whole numbers. */
export function integersAt(
  file: ModelFile,
  fields: Fields,
  name: string,
  count?: number,
): readonly number[] {
  const values = numbersAt(file, fields, name, count);
  const wrong = values.find((value) => !Number.isSafeInteger(value));
  if (wrong === undefined) return values;
  throw file.malformed(`has ${wrong} in ${name}, which is no whole number`);
}

/** A field that is a number or the text of one. */
export function numberAt(file: ModelFile, fields: Fields, name: string, missing = NaN): number {
  const given = fields[name] ?? missing;
  const value = typeof given === 'string' && given !== '' ? Number(given) : given;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw file.malformed(`has no number ${name}`);
}

/** The same of a count. */
export function countAt(file: ModelFile, fields: Fields, name: string, missing = NaN): number {
  const value = numberAt(file, fields, name, missing);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw file.malformed(`has ${value} as ${name}`);
}
