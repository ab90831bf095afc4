/**
 * Several numbers learned from the same features: one label after another gets the boosted trees that a fit of it alone
 * would give, and the trees are put side by side, round by round, as those of classes are. Where some labels stop
 * sooner, trees of one leaf that say 0 stand in their places.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { mergeEnsembles, newLeaf, packTrees, type TreeEnsemble } from '../../tree/tree.ts';
import { joinMembers, splitMembers } from '../model/member-trees.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { fitBoostedTrees, type GBTFit } from './fit-gbt.ts';

/**
 * Fits all labels.
 *
 * @throws CoppiceError `UNSUPPORTED`, `PARAM_INVALID` and those of a fit of one label
 */
export async function fitOutputs(
  fit: GBTFit,
  labelCols: readonly string[],
  table: PartitionedTable,
  options: FitOptions,
): Promise<TreeModelData> {
  const { owner, params } = fit;
  if (options.initialModel !== undefined) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `initialModel of ${owner} must be left out with labelCols: such models are fitted in one go`,
      { context: { owner, param: 'labelCols' } },
    );
  }
  const found: TreeModelData[] = [];
  for (const labelCol of labelCols) {
    found.push(await fitBoostedTrees({ ...fit, params: { ...params, labelCol } }, table, options));
  }
  return sideBySide(found, labelCols);
}

/** One model of the models of single labels. */
export function sideBySide(
  found: readonly TreeModelData[],
  labelCols: readonly string[],
): TreeModelData {
  const first = found[0] as TreeModelData;
  const members = found.map(({ trees, memberRounds }) => splitMembers(trees, memberRounds, 1));
  const most = members.reduce((count, own) => Math.max(count, own.length), 0);
  const joined = Array.from({ length: most }, (_, m) =>
    interleaved(
      members.map((own) => own[m] ?? silentTrees(0)),
      first.numRows,
    ),
  );
  const numScores = found.length;
  const named = (name: string, k: number): string => `${name} of ${labelCols[k]}`;
  const chosen = found.flatMap((one, k) =>
    Object.entries(one.chosen ?? {}).map(([name, value]) => [named(name, k), value] as const),
  );
  return {
    ...first,
    baseScores: found.flatMap(({ baseScores }) => baseScores),
    trees: joinMembers(joined, numScores),
    memberRounds: joined.map(({ numTrees }) => numTrees / numScores),
    history: found.flatMap(({ history }, k) =>
      history.map((series) => ({ ...series, metric: named(series.metric, k) })),
    ),
    chosen: chosen.length === 0 ? null : Object.fromEntries(chosen),
  };
}

/** Tree by tree in turn, silent ones at the end of what is shorter. */
function interleaved(parts: readonly TreeEnsemble[], numRows: number): TreeEnsemble {
  const width = parts.length;
  const rounds = parts.reduce((most, { numTrees }) => Math.max(most, numTrees), 0);
  const placed = parts.flatMap((trees, k) => {
    const numbers = (from: number, count: number): number[] =>
      Array.from({ length: count }, (_, t) => (from + t) * width + k);
    const missing = rounds - trees.numTrees;
    return [
      { trees, treeNumbers: numbers(0, trees.numTrees) },
      { trees: silentTrees(missing, numRows), treeNumbers: numbers(trees.numTrees, missing) },
    ];
  });
  return mergeEnsembles(placed, 1);
}

/** Trees that add nothing. */
function silentTrees(count: number, numRows = 0): TreeEnsemble {
  const leaf = { ...newLeaf(numRows, numRows), value: Float64Array.of(0) };
  return packTrees(
    Array.from({ length: count }, () => ({ nodes: [leaf] })),
    1,
  );
}
