/**
 * May training go on from a model that another library grew? Its leaf values lie on no grid, so sums of them would hang on
 * their order; they are rounded onto one that is fine beside the scores, and so are the scores that it begins with.
 */
import { CoppiceError } from '../../base/errors.ts';
import { ceilLog2, powerOfTwo } from '../../base/portable-math.ts';
import { valueUnit } from '../../tree/value-unit.ts';
import type { TreeModelData } from './tree-model-data.ts';

/** Units of the largest score: sums of scores and of further trees stay below 2^53 of them. */
const unitsOfReach = 44;

/**
 * What training goes on from; a model that was fitted here as it is.
 *
 * @throws CoppiceError `UNSUPPORTED` for averaged trees of another library
 */
export function valuesOnGrid(owner: string, data: TreeModelData): TreeModelData {
  const { source, trees, baseScores, memberRounds } = data;
  if (source === undefined) return data;
  if (memberRounds.length !== 1) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `a fit of ${owner} must not go on from the averaged trees of a ${source} model: how each was grown is not known; fit a model anew`,
      { context: { owner } },
    );
  }
  const reach = reachOf(data);
  const unit = reach === 0 ? 1 : powerOfTwo(Math.max(-1000, ceilLog2(reach) - unitsOfReach));
  if (unit <= valueUnit(Float64Array.of(...baseScores)) && unit <= valueUnit(trees.value))
    return data;
  const round = (value: number): number => Math.round(value / unit) * unit;
  return {
    ...data,
    baseScores: baseScores.map(round),
    trees: { ...trees, value: trees.value.map(round) },
  };
}

/** A bound of every score: the largest values of all trees together. */
function reachOf({ trees, baseScores }: TreeModelData): number {
  let reach = baseScores.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  for (let t = 0; t < trees.numTrees; t++) {
    let most = 0;
    const end = trees.treeStart[t + 1] as number;
    for (let n = trees.treeStart[t] as number; n < end; n++)
      most = Math.max(most, Math.abs(trees.value[n] as number));
    reach += most;
  }
  return reach;
}
