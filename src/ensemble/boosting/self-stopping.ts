/** When a fit of boosted trees chooses its rounds by itself, and what it may choose besides. */
import { CoppiceError } from '../../base/errors.ts';
import type { SelfStopping } from '../../training/messages.ts';
import type { GBTParams } from '../params/gbt-params.ts';

/**
 * Null where the number of rounds is given (and no folds or models to stop on are), or where a function of the
 * user decides what is good: nothing is known of it.
 *
 * @param given the options that the user gave
 * @param isUsual whether the kind of loss stops by itself without being asked; a ranking does not
 */
export function selfStopping(
  params: GBTParams,
  given: Readonly<Partial<Record<keyof GBTParams, unknown>>>,
  isUsual: boolean,
): SelfStopping | null {
  const isAsked = params.holdOutFolds !== undefined || params.numModels !== undefined;
  if (!isAsked && (params.maxIter !== undefined || !isUsual)) return null;
  if (params.objectiveFunction !== undefined || params.metricFunction !== undefined) return null;
  // later rounds change earlier ones: there is no best of them
  if (params.dropRate !== undefined) return null;
  // a number of rounds asks for the usual settings
  const isOpen = (...names: readonly (keyof GBTParams)[]): boolean =>
    params.maxIter === undefined && names.every((name) => given[name] === undefined);
  return {
    numFolds: params.holdOutFolds ?? null,
    numModels: params.numModels ?? null,
    isFree: {
      numRounds: isOpen('maxIter'),
      patience: isOpen('earlyStoppingRounds'),
      stepSize: isOpen('stepSize'),
      size: isOpen('maxLeaves', 'maxDepth', 'growPolicy'),
      lambda: isOpen('lambda'),
      leastLeaf: isOpen('minInstancesPerNode', 'minSumHessian'),
      columns: isOpen('featureSubsetStrategy', 'colsampleByTree', 'colsampleByLevel'),
      categories: isOpen('minCategoryRows'),
    },
  };
}

/** The most further rounds of a fit that goes on from a model until validation rows stop it. */
const mostFurtherRounds = 1000;

/**
 * The rounds of a fit that goes on from a model and does not say how many: as many as validation rows let pay. The model
 * may have learned from all rows of the table, so none of them can be held out to stop on.
 *
 * @param isOpen whether such a fit would stop by itself if it began anew
 */
export function furtherRounds(owner: string, isOpen: boolean, stopsEarly: boolean): number | null {
  if (!isOpen) return null;
  if (stopsEarly) return mostFurtherRounds;
  throw new CoppiceError(
    'PARAM_INVALID',
    `maxIter of ${owner} must be given with an initial model, or validation rows to stop on; got neither: the model may have learned from every row, so that no rows can be held out. Give maxIter, the number of further rounds`,
    { context: { owner, param: 'maxIter' } },
  );
}

/** Rows that an initial model has learned from cannot be held out, and its trees stay as they are. */
export function refuseMembers(
  owner: string,
  params: {
    readonly holdOutFolds: number | undefined;
    readonly numModels: number | undefined;
    readonly dropRate: number | undefined;
  },
): void {
  const name = (['holdOutFolds', 'numModels', 'dropRate'] as const).find(
    (one) => params[one] !== undefined,
  );
  if (name === undefined) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `${name} of ${owner} must be left out with an initial model; got ${params[name]}`,
    { context: { owner, param: name } },
  );
}
