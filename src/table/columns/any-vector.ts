/**
 * Is a value that a user's function returned an Arrow vector? In a worker thread it may be one of another copy of
 * Arrow: the threads take a copy of their own, which loads in a tenth of the time (scripts/lazy-package.mjs), and a
 * module of the user's imports the package.
 */
import { Vector } from 'apache-arrow';
import { concatData } from '../concat-rows.ts';
import { freshColumn } from '../plan/shared-batch.ts';
import { normalType } from './normal-type.ts';

/** True for a vector of any copy of Arrow. */
export function isVector(value: unknown): value is Vector {
  if (value instanceof Vector) return true;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const { data, type, length } = value as Partial<Vector>;
  return Array.isArray(data) && typeof type?.typeId === 'number' && typeof length === 'number';
}

/** The same values as a vector of this thread's copy; only layouts that tables do not use are copied. */
export function ownVector(given: Vector): Vector {
  if (given instanceof Vector) return given;
  const { type, data } = given as Vector;
  const isNormal = normalType(type) === type;
  return new Vector((isNormal ? data : [concatData(type, data)]).map(freshColumn));
}
