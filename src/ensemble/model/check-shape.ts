/** Do a model's parameters suit what it has learned? Those of a copy, or of a model that is read, may not. */
import { CoppiceError } from '../../base/errors.ts';
import type { TreeModelData } from './tree-model-data.ts';

/** Parameters that say what the model holds. */
interface ShapeParams {
  readonly labelCols?: readonly string[] | undefined;
  readonly treatments?: readonly unknown[] | undefined;
  readonly quantileAlphas?: readonly number[] | undefined;
  readonly numParallelTrees?: number | undefined;
}

/**
 * Refuses those that do not.
 *
 * @param params all of the model's; only classifiers have a `probabilityCol`
 * @throws CoppiceError `PARAM_INVALID`
 */
export function checkShape(
  owner: string,
  params: Readonly<Record<string, unknown>>,
  { trees, baseScores, classes, parallelTrees = 1 }: TreeModelData,
): void {
  const { labelCols, treatments, quantileAlphas, numParallelTrees = 1 } = params as ShapeParams;
  const refuse = (param: string, rule: string, got: number | string): CoppiceError =>
    new CoppiceError('PARAM_INVALID', `${param} of ${owner} must be ${rule}; got ${got}`, {
      context: { owner, param },
    });
  if (numParallelTrees !== parallelTrees)
    throw refuse('numParallelTrees', `${parallelTrees}, as in its fit`, numParallelTrees);
  if (classes.length > 0) {
    if (labelCols === undefined) return;
    throw refuse('labelCols', 'left out, for it has learned the classes of one', labelCols.length);
  }
  const width = trees.numOutputs > 1 ? trees.numOutputs : Math.max(1, baseScores.length);
  const told = labelCols ?? treatments ?? quantileAlphas;
  const isFlagged = labelCols !== undefined || !('probabilityCol' in params);
  if ((told?.length ?? 1) === width && isFlagged) return;
  const [param, what] =
    'treatments' in params
      ? ['treatments', 'treatment']
      : labelCols === undefined && quantileAlphas !== undefined
        ? ['quantileAlphas', 'quantile']
        : ['labelCols', 'label'];
  const rule =
    width === 1 && told !== undefined
      ? `left out, for it has learned one ${what}`
      : `the ${width} ${what}s that it has learned`;
  throw refuse(param, rule, told?.length ?? 'none');
}
