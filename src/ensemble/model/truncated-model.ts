/** The first rounds of a boosted model, or the first trees of a forest, as a model of their own. */
import { CoppiceError } from '../../base/errors.ts';
import { treesBefore } from '../../training/boosting/members.ts';
import { takeTrees } from '../../tree/tree.ts';
import { firstFits, roundsOf, toldLabelRounds, treesPerRound } from './training-record.ts';
import type { TreeModelData } from './tree-model-data.ts';

/**
 * What such a model holds. Of models that are averaged each keeps its first rounds.
 *
 * @throws CoppiceError `USAGE`
 */
export function truncatedData(
  owner: string,
  data: TreeModelData,
  { count, isForest }: { readonly count: number; readonly isForest: boolean },
): TreeModelData {
  const most = isForest ? data.trees.numTrees : roundsOf(data);
  if (most === 0) {
    throw new CoppiceError('USAGE', `truncate of ${owner} must be left where there are no trees`, {
      context: { owner },
    });
  }
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new CoppiceError(
      'USAGE',
      `count of truncate must be an integer from 1 to ${most}; got ${count}`,
      { context: { owner } },
    );
  }
  if (isForest) return { ...data, trees: takeTrees(data.trees, count) };
  // what places add is known of the last round alone
  const { positionBiases, labelRounds = [], ...kept } = data;
  const biases = count === most && positionBiases !== undefined ? { positionBiases } : {};
  const parts = data.merged === undefined || count === most ? {} : { merged: [] };
  const { known, later, ofMember } = roundsKept(data, count);
  return {
    ...kept,
    ...biases,
    ...parts,
    trees: takeTrees(data.trees, treesOfRounds(data, count)),
    memberRounds: known.map((rounds) => Math.min(rounds, ofMember)),
    ...(data.laterRounds === undefined ? {} : { laterRounds: later }),
    ...toldLabelRounds(
      labelRounds.map((own) => [
        ...own.slice(0, -1).map((rounds) => Math.min(rounds, ofMember)),
        Math.min(own.at(-1) ?? 0, later),
      ]),
    ),
    ...(data.fits === undefined ? {} : { fits: firstFits(data.fits, count) }),
  };
}

/** How many trees stand before the end of a round; models that are averaged have their own in each. */
export function treesOfRounds(data: TreeModelData, count: number): number {
  const { known, later } = roundsKept(data, count);
  return treesPerRound(data) * (treesBefore(known, count, 0) + later);
}

/** Rounds of each model; how many of a model, and of those behind all, are among the first `count`. */
function roundsKept(data: TreeModelData, count: number) {
  const { memberRounds, laterRounds = 0 } = data;
  const most = roundsOf(data);
  const ofMembers = most - laterRounds;
  return {
    known: memberRounds.length === 0 ? [most] : memberRounds,
    later: Math.max(0, count - ofMembers),
    ofMember: Math.min(count, ofMembers),
  };
}
