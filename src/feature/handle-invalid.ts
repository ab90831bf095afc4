/**
 * What happens to a value that a stage cannot map (a category not seen at fit, a number outside the
 * splits): an error that names column, row and value, the row left out, or a category of its own. A
 * missing value (null or NaN) is not invalid; it stays missing.
 */
import { CoppiceError, type ErrorCode } from '../base/errors.ts';
import { oneOf } from '../params/kinds.ts';

/** Parameters of a stage that may meet values it cannot map. */
export const handleInvalidParams = {
  /** What to do with a value that cannot be mapped: refuse it, leave its row out, or keep it apart. */
  handleInvalid: oneOf(['error', 'skip', 'keep'], { default: 'error', since: '0.1.0' }),
};

/** The three ways. */
export type HandleInvalid = 'error' | 'skip' | 'keep';

/** The category that stands for everything unknown; it gets underscores until no known one is the same. */
export function unknownCategory(values: readonly string[]): string {
  const known = new Set(values);
  let name = '__unknown';
  while (known.has(name)) name += '_';
  return name;
}

/** Where a value stands that cannot be mapped. */
export interface InvalidPlace {
  readonly owner: string;
  readonly column: string;
  /** The row within its partition. */
  readonly row: number;
  readonly partition: number;
}

/** The error for a value that cannot be mapped. */
export function invalidValue(
  code: ErrorCode,
  place: InvalidPlace,
  rule: string,
  got: string,
): CoppiceError {
  const { owner, column, row, partition } = place;
  const message =
    `column ${column} given to ${owner} must hold ${rule}; got ${got} ` +
    `in row ${row} of partition ${partition}: set handleInvalid to 'keep' or 'skip', or mend the data`;
  return new CoppiceError(code, message, { context: { owner, column, row, partition } });
}
