/**
 * Several numbers learned from the same features: one label after another gets the boosted trees that a fit of it alone
 * would give, and the trees are put side by side, round by round, as those of classes are. Where some labels stop
 * sooner, trees of one leaf that say 0 stand in their places.
 */
import { join } from 'node:path';
import type { FitOptions } from '../../pipeline/estimator.ts';
import { fitColumns } from '../../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { mergeEnsembles, newLeaf, packTrees } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { joinMembers, joinTrees } from '../model/member-trees.ts';
import { type FitOfOutput, toldLabelRounds } from '../model/training-record.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { BoostedModel } from './boosted-model.ts';
import { fitBoostedTrees, type GBTFit } from './fit-gbt.ts';
import { partsOf, type ThresholdsOfLabels, thresholdOf } from './outputs-apart.ts';
import type { RefitOptions } from './refit-leaves.ts';

/**
 * Fits all labels.
 *
 * @param options `initialOf` gives the model that the fit of a label goes on from, or undefined
 * @throws CoppiceError those of a fit of one label
 */
export async function fitOutputs(
  fit: GBTFit,
  labelCols: readonly string[],
  table: PartitionedTable,
  { initialOf, ...options }: FitOptions & { initialOf(k: number): FitOptions['initialModel'] },
): Promise<TreeModelData> {
  const { owner, params, labelKind } = fit;
  // no label may be a feature of another
  fitColumns(owner, table.plainSchema, { ...params, labelCols }, labelKind);
  const { checkpointDir } = params;
  const found: TreeModelData[] = [];
  for (const [k, labelCol] of labelCols.entries()) {
    // a flag of several stays one, whose classes are known
    const isFlag = fit.objective.objective === 'flag';
    const own = {
      labelCols: isFlag ? [labelCol] : undefined,
      ...(isFlag ? thresholdOf(params as ThresholdsOfLabels, k) : {}),
      // one fit does not find the checkpoints of another
      checkpointDir: checkpointDir === undefined ? undefined : join(checkpointDir, `label-${k}`),
    };
    const single = {
      ...fit,
      given: { ...fit.given, ...own, labelCol: isFlag ? undefined : labelCol },
      params: { ...params, ...own, labelCol },
    };
    found.push(
      await fitBoostedTrees(single, table, {
        ...options,
        initialModel: initialOf(k),
      }),
    );
  }
  return sideBySide(found, labelCols);
}

/** New leaf values of each label's trees by other rows. @param ofLabel the model of the k-th label alone */
export async function refitOutputs(
  labelCols: readonly string[],
  ofLabel: (k: number) => BoostedModel,
  table: PartitionedTable,
  options: RefitOptions,
): Promise<TreeModelData> {
  const found: TreeModelData[] = [];
  for (const k of labelCols.keys()) found.push((await ofLabel(k).refitLeaves(table, options)).data);
  return sideBySide(found, labelCols);
}

/** One model of the models of single labels. */
function sideBySide(found: readonly TreeModelData[], labelCols: readonly string[]): TreeModelData {
  const first = found[0] as TreeModelData;
  const parts = found.map(partsOf);
  const members = parts.map((own) => own.members);
  const most = members.reduce((count, own) => Math.max(count, own.length), 0);
  const joined = Array.from({ length: most }, (_, m) =>
    interleaved(members.map((own) => own[m] ?? silentTrees(0))),
  );
  const { parallelTrees: parallel = 1 } = first;
  const perRound = found.length * parallel;
  const later = interleaved(parts.map((own) => own.later));
  const isContinued = found.some(({ laterRounds }) => laterRounds !== undefined);
  const fits = found.flatMap((one, output) =>
    (one.fits ?? []).map((fit): FitOfOutput => ({ ...fit, output })),
  );
  const { laterRounds: _, fits: __, ...shared } = first;
  const named = (name: string, k: number): string => `${name} of ${labelCols[k]}`;
  const chosen = found.flatMap((one, k) =>
    Object.entries(one.chosen ?? {}).map(([name, value]) => [named(name, k), value] as const),
  );
  return {
    ...shared,
    baseScores: found.flatMap(({ baseScores }) => baseScores),
    trees: joinTrees(joinMembers(joined, perRound), later),
    memberRounds: joined.map(({ numTrees }) => numTrees / perRound),
    ...toldLabelRounds(
      parts.map((own) => {
        const padded = joined.map((_, m) => own.members[m]?.numTrees ?? 0);
        return [...padded, own.later.numTrees].map((count) => count / parallel);
      }),
    ),
    history: found.flatMap(({ history }, k) =>
      history.map((series) => ({ ...series, metric: named(series.metric, k) })),
    ),
    chosen: chosen.length === 0 ? null : Object.fromEntries(chosen),
    ...(isContinued ? { laterRounds: later.numTrees / perRound } : {}),
    ...(fits.length === 0 ? {} : { fits }),
  };
}

/** Tree by tree in turn, silent ones at the end of what is shorter. */
function interleaved(parts: readonly TreeEnsemble[]): TreeEnsemble {
  const width = parts.length;
  const rounds = parts.reduce((most, { numTrees }) => Math.max(most, numTrees), 0);
  const placed = parts.flatMap((trees, k) => {
    const numbers = (from: number, count: number): number[] =>
      Array.from({ length: count }, (_, t) => (from + t) * width + k);
    const missing = rounds - trees.numTrees;
    return [
      { trees, treeNumbers: numbers(0, trees.numTrees) },
      { trees: silentTrees(missing), treeNumbers: numbers(trees.numTrees, missing) },
    ];
  });
  return mergeEnsembles(placed, 1);
}

/** Trees that add nothing. */
function silentTrees(count: number): TreeEnsemble {
  const leaf = { ...newLeaf(0, 0), value: Float64Array.of(0) };
  return packTrees(
    Array.from({ length: count }, () => ({ nodes: [leaf] })),
    1,
  );
}
