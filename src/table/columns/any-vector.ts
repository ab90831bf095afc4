/**
 * Is a value that a user's function returned an Arrow vector? In a worker thread it may be one of another copy of
 * Arrow: the threads take a copy of their own, which loads in a tenth of the time (scripts/lazy-package.mjs), and a
 * module of the user's imports the package.
 */
import { Vector } from 'apache-arrow';
import { freshColumn } from '../plan/shared-batch.ts';

/** True for a vector of any copy of Arrow. */
export function isVector(value: unknown): value is Vector {
  if (value instanceof Vector) return true;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const { data, type, length } = value as Partial<Vector>;
  return Array.isArray(data) && typeof type?.typeId === 'number' && typeof length === 'number';
}

/** The same values as a vector of this thread's copy; nothing is copied. */
export function ownVector(vector: Vector): Vector {
  return vector instanceof Vector ? vector : new Vector((vector as Vector).data.map(freshColumn));
}
