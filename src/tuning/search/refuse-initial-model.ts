/** Fits on several parts of the rows do not go on from one model: it would have seen the rows that measure them. */
import { CoppiceError } from '../../base/errors.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';

/** Refuses a fit that is to go on from a model. @throws CoppiceError `UNSUPPORTED` */
export function refuseInitialModel(owner: string, { initialModel }: FitOptions): void {
  if (initialModel === undefined) return;
  throw new CoppiceError(
    'UNSUPPORTED',
    `initialModel of ${owner} must be left out: the model may have learned from the rows that measure the fits`,
    { context: { owner } },
  );
}
