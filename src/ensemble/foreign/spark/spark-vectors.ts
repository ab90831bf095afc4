/** Vectors and matrices as Spark's tables hold them: structs with a type, sizes and values. */
import { isPlainObject } from '../../../base/json.ts';
import type { ModelFile } from '../model-file.ts';

/** A vector of so many numbers: dense (type 1), or sparse by its indices (type 0). @throws CoppiceError `MODEL_FORMAT` */
export function vectorOf(
  file: ModelFile,
  value: unknown,
  name: string,
  size: number,
): Float64Array {
  if (!isPlainObject(value)) throw file.malformed(`has no vector ${name}`);
  const values = finite(file, value['values'], name);
  if (value['type'] === 1) {
    if (values.length === size) return Float64Array.from(values);
    throw file.malformed(`has ${values.length} numbers in ${name}, not ${size}`);
  }
  const indices = finite(file, value['indices'], name);
  const out = new Float64Array(size);
  if (value['size'] !== size || indices.length !== values.length)
    throw file.malformed(`has a vector ${name} of another size than ${size}`);
  indices.forEach((index, i) => {
    if (!Number.isInteger(index) || index < 0 || index >= size)
      throw file.malformed(`has an element ${index} of ${name}, which has ${size}`);
    out[index] = values[i] as number;
  });
  return out;
}

/** A matrix row by row. @throws CoppiceError `MODEL_FORMAT` */
export function matrixOf(
  file: ModelFile,
  value: unknown,
  name: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Float64Array {
  if (!isPlainObject(value)) throw file.malformed(`has no matrix ${name}`);
  if (value['numRows'] !== rows || value['numCols'] !== columns)
    throw file.malformed(`has a matrix ${name} of other than ${rows} rows of ${columns}`);
  const values = finite(file, value['values'], name);
  const isTransposed = value['isTransposed'] === true;
  // lines lie one behind the other: columns, or rows where it is transposed
  const [lines, length] = isTransposed ? [rows, columns] : [columns, rows];
  const out = new Float64Array(rows * columns);
  const put = (line: number, at: number, number: number): void => {
    out[isTransposed ? line * columns + at : at * columns + line] = number;
  };
  if (value['type'] === 1) {
    if (values.length !== out.length)
      throw file.malformed(`has ${values.length} numbers in ${name}, not ${out.length}`);
    values.forEach((number, i) => {
      put(Math.floor(i / length), i % length, number);
    });
    return out;
  }
  const starts = finite(file, value['colPtrs'], name);
  const places = finite(file, value['rowIndices'], name);
  const isSound =
    starts.length === lines + 1 &&
    places.length === values.length &&
    starts.every((start, i) => start >= (starts[i - 1] ?? 0) && start <= values.length) &&
    places.every((at) => Number.isInteger(at) && at >= 0 && at < length);
  if (!isSound) throw file.malformed(`has a matrix ${name} whose numbers have no place`);
  for (let line = 0; line < lines; line++) {
    for (let i = starts[line] as number; i < (starts[line + 1] as number); i++)
      put(line, places[i] as number, values[i] as number);
  }
  return out;
}

/** A list of finite numbers. @throws CoppiceError `MODEL_FORMAT` */
export function finite(file: ModelFile, value: unknown, name: string): readonly number[] {
  if (!Array.isArray(value) || !value.every(Number.isFinite))
    throw file.malformed(`has no finite numbers in ${name}`);
  return value as number[];
}
