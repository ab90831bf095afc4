/** Which draws of [0, 1) belong to a sample or to each part of a split. */
import { checkOptions } from '../../base/check-options.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';

/** Draws in [from, to). */
export interface DrawRange {
  readonly from: number;
  readonly to: number;
}

/** The ranges of parts in proportion to weights; together they are [0, 1). @throws CoppiceError `PARAM_INVALID` */
export function splitBounds(weights: readonly number[]): DrawRange[] {
  const areGood =
    Array.isArray(weights) && weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  const total = areGood ? weights.reduce((sum, weight) => sum + weight, 0) : 0;
  if (!(total > 0)) {
    const message = `weights of randomSplit must be numbers ≥ 0, one of them above 0; got ${describeValue(weights)}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  let sum = 0;
  let from = 0;
  return weights.map((weight, index) => {
    sum += weight;
    const to = index === weights.length - 1 ? 1 : sum / total;
    const range = { from, to };
    from = to;
    return range;
  });
}

/** A fraction of [0, 1]. @throws CoppiceError `PARAM_INVALID` */
export function checkFraction(value: number, owner: string): number {
  if (value >= 0 && value <= 1) return value;
  const message = `fraction of ${owner} must be a number from 0 to 1; got ${describeValue(value)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}

/** A seed. @throws CoppiceError `PARAM_INVALID` */
export function checkSeed(options: { readonly seed?: number }, owner: string): number {
  checkOptions(owner, options, ['seed']);
  const value = options.seed ?? 0;
  if (Number.isSafeInteger(value)) return value;
  const message = `seed of ${owner} must be an integer; got ${describeValue(value)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}
