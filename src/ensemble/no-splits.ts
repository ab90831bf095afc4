/** Says it where a fit has learned nothing: all its trees are single leaves. */
import { emitWarning } from '../base/warn.ts';
import type { TreeModelData } from './model/tree-model-data.ts';

/** Warns of trees without a split, but where that was asked for or one class says why. */
export function warnOfNoSplits(
  owner: string,
  params: {
    readonly maxDepth?: number | undefined;
    readonly minSumHessian?: number;
    readonly minInstancesPerTreatment?: number;
  },
  { trees, classes }: Pick<TreeModelData, 'trees' | 'classes'>,
): void {
  if (params.maxDepth === 0 || classes.length === 1 || trees.treeStart.length < 2) return;
  if (trees.leftChild.some((child) => child > 0)) return;
  const limits = ['minInstancesPerNode', 'minInfoGain'];
  if (params.minSumHessian !== undefined) limits.push('minSumHessian');
  if (params.minInstancesPerTreatment !== undefined) limits.push('minInstancesPerTreatment');
  emitWarning(
    `${owner} made no split, so its model predicts the same for all rows: features or the label are alike in all rows, or ` +
      `there are too few rows or too small weights for ${limits.join(', ')}`,
  );
}
