/** Which number stands for a row's id, so that rows can be listed by it? */
import { DataType, type Vector } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { hash32, purposes } from '../base/rng.ts';
import { typeName } from '../table/columns/type-name.ts';
import { isText } from './label-values.ts';

/**
 * A number for each id of a partition: integers of up to 53 bits stand for themselves, everything else is
 * hashed to 53 bits.
 *
 * @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID`
 */
export function idNumbers(ids: Vector, name: string): Float64Array {
  const type = ids.type as DataType;
  if (!DataType.isInt(type) && !isText(type)) {
    const message = `column ${name}, the id of rows, must be an integer or a text; got ${typeName(type)}`;
    throw new CoppiceError('COLUMN_TYPE', message, { context: { column: name } });
  }
  return Float64Array.from({ length: ids.length }, (_, row) => {
    const id = ids.get(row) as string | number | bigint | null;
    if (id !== null) return idNumber(id);
    const message = `column ${name}, the id of rows, must not be null; got null in row ${row} of a partition`;
    throw new CoppiceError('DATA_INVALID', message, { context: { column: name, row } });
  });
}

function idNumber(id: string | number | bigint): number {
  if (typeof id === 'number') return id + 0;
  if (typeof id === 'bigint' && BigInt.asIntN(54, id) === id) return Number(id);
  const text = String(id);
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let i = 0; i < text.length; i++) {
    low = hash32(low, purposes.shuffle, text.charCodeAt(i), i);
    high = hash32(high, purposes.shuffle, i, text.charCodeAt(i));
  }
  // below all the integers, so that it meets none of them
  return -(9007199254740992 + 2 * ((high >>> 12) * 4294967296 + low));
}
