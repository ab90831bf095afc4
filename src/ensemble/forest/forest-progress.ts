/**
 * The trees of a running forest, as ranks tell of them: they are kept in the order of their numbers, so a tree
 * waits until those before it are there. Once an interval of them is, a checkpoint is taken.
 */
import type { ForestSnapshot } from '../../training/messages.ts';
import { mergeEnsembles } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { Checkpoints } from '../checkpoints.ts';
import { lastTrees } from '../model/member-trees.ts';

/** What the driver has heard of a forest. */
export class ForestProgress {
  readonly #checkpoints: Checkpoints | null;
  /** Trees before those of this run. */
  readonly #numBefore: number;
  readonly #waiting = new Map<number, TreeEnsemble>();
  #numTaken = 0;

  constructor(checkpoints: Checkpoints | null, numBefore: number) {
    this.#checkpoints = checkpoints;
    this.#numBefore = numBefore;
  }

  /** Takes what a rank tells. */
  take(snapshot: ForestSnapshot): void {
    const { trees, treeNumbers, facts, dataKey } = snapshot;
    if (this.#checkpoints === null) return;
    treeNumbers.forEach((number, t) => {
      const upTo = { ...trees, numTrees: t + 1, treeStart: trees.treeStart.slice(0, t + 2) };
      this.#waiting.set(number, lastTrees(upTo, 1));
    });
    let end = this.#numTaken;
    while (this.#waiting.has(end)) end += 1;
    if (end - this.#numTaken < this.#checkpoints.request.interval) return;
    const parts: { trees: TreeEnsemble; treeNumbers: number[] }[] = [];
    for (let number = this.#numTaken; number < end; number++) {
      parts.push({
        trees: this.#waiting.get(number) as TreeEnsemble,
        treeNumbers: [number - this.#numTaken],
      });
      this.#waiting.delete(number);
    }
    this.#numTaken = end;
    this.#checkpoints.take({
      phase: 'snapshot',
      ...{ dataKey, facts },
      numRounds: this.#numBefore + end,
      trees: mergeEnsembles(parts, trees.numOutputs),
      measured: [],
    });
  }
}
