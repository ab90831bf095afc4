/**
 * Trees of models that are averaged stand round by round in one model, with their values divided. Which of them
 * are whose, and how are they put together when some models are further than others? (Trees of forests are picked
 * and joined with the same functions.)
 */
import { treesBefore } from '../../training/boosting/members.ts';
import { scaleLinear } from '../../tree/linear-leaves.ts';
import { mergeEnsembles, takeTrees } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/** The trees of each model, in the order of its rounds. @param memberRounds rounds of each */
export function splitMembers(
  trees: TreeEnsemble,
  memberRounds: readonly number[],
  numScores: number,
): TreeEnsemble[] {
  return memberRounds.map((numRounds, member) => {
    const wanted = new Set<number>();
    for (let round = 0; round < numRounds; round++) {
      const first = numScores * treesBefore(memberRounds, round, member);
      for (let k = 0; k < numScores; k++) wanted.add(first + k);
    }
    return pickTrees(trees, (t) => wanted.has(t));
  });
}

/** The trees of all models, round by round. */
export function joinMembers(members: readonly TreeEnsemble[], numScores: number): TreeEnsemble {
  const rounds = members.map(({ numTrees }) => numTrees / numScores);
  const parts = members.map((trees, member) => ({
    trees,
    treeNumbers: Array.from(
      { length: trees.numTrees },
      (_, t) =>
        numScores * treesBefore(rounds, Math.floor(t / numScores), member) + (t % numScores),
    ),
  }));
  return mergeEnsembles(parts, 1);
}

/** One behind the other. */
export function joinTrees(first: TreeEnsemble, second: TreeEnsemble): TreeEnsemble {
  const numbers = (trees: TreeEnsemble, from: number): number[] =>
    Array.from({ length: trees.numTrees }, (_, t) => from + t);
  return mergeEnsembles(
    [
      { trees: first, treeNumbers: numbers(first, 0) },
      { trees: second, treeNumbers: numbers(second, first.numTrees) },
    ],
    first.numOutputs,
  );
}

/** The last k trees. */
export function lastTrees(trees: TreeEnsemble, count: number): TreeEnsemble {
  const first = trees.numTrees - count;
  return pickTrees(trees, (t) => t >= first);
}

/** The same trees with every value times a power of two. */
export function scaleValues(trees: TreeEnsemble, factor: number): TreeEnsemble {
  const { linear } = trees;
  return {
    ...trees,
    value: trees.value.map((value) => value * factor),
    ...(linear === undefined ? {} : { linear: scaleLinear(linear, factor) }),
  };
}

/** Some of the trees: those that are wanted first, then cut there. */
export function pickTrees(trees: TreeEnsemble, isWanted: (tree: number) => boolean): TreeEnsemble {
  let count = 0;
  const treeNumbers = Array.from({ length: trees.numTrees }, (_, t) => {
    if (!isWanted(t)) return trees.numTrees + t;
    count += 1;
    return t;
  });
  return takeTrees(mergeEnsembles([{ trees, treeNumbers }], trees.numOutputs), count);
}
