/**
 * What combines members where nothing else is said: a linear model whose coefficients are not negative, so that a
 * member can be trusted more or less, but its opinion is never turned round.
 */
import { LinearRegression } from '../../linear/linear-regression.ts';
import { LogisticRegression } from '../../linear/logistic-regression.ts';
import type { Estimator } from '../../pipeline/estimator.ts';

/** A penalty that decides between members that say the same, and does little else. */
const regParam = 1e-3;

/** The default final estimator of a stack. */
export function defaultCombiner(kind: 'classes' | 'numbers'): Estimator {
  const options = { nonnegative: true, regParam } as const;
  return kind === 'classes' ? new LogisticRegression(options) : new LinearRegression(options);
}
