/**
 * Where does a row lie that a step refuses? A step sees a batch, which may begin behind its partition's first row, and
 * knows no file.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { PartitionSpec } from './partition-spec.ts';

/** The error of a step with the row's number in its partition, and the file that this comes out of. */
export function placedError(
  error: unknown,
  { index, source }: PartitionSpec,
  skippedRows: number,
): unknown {
  if (!(error instanceof CoppiceError)) return error;
  const { row, partition } = error.context;
  if (typeof row !== 'number' || partition !== index) return error;
  const path = (source['file'] as { readonly path?: unknown } | undefined)?.path;
  const place = `row ${row + skippedRows} of partition ${index}${typeof path === 'string' ? ` (${path})` : ''}`;
  const message = error.message.replace(`row ${row} of partition ${index}`, () => place);
  const context = { ...error.context, row: row + skippedRows };
  return new CoppiceError(error.code, message, { context, cause: error.cause });
}
