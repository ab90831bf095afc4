/** Tells the driver of rounds that are done, every so often, so that it can keep them (see ensemble/checkpoints.ts). */
import { packTrees } from '../../tree/tree.ts';
import type { BoostingSnapshot } from '../messages.ts';
import { trainedFacts } from '../rank-result.ts';
import type { BoostingParts, NumberedTree } from './boosting-parts.ts';

/** Rank 0 tells; the others know when not to. */
export class SnapshotTeller {
  readonly #parts: BoostingParts;
  readonly #measured: readonly (readonly number[])[];
  #numTold = 0;

  /** @param measured the list that grows while the rounds run */
  constructor(parts: BoostingParts, measured: readonly (readonly number[])[]) {
    this.#parts = parts;
    this.#measured = measured;
  }

  /** Called after each round, with the trees of this run. */
  tell(numRounds: number, trees: readonly NumberedTree[]): void {
    const { environment, job, rows, baseScores, dataKey, member } = this.#parts;
    if (job.snapshots === null || numRounds % job.snapshots.interval !== 0) return;
    if (environment.collective.rank !== 0) return;
    const snapshot: BoostingSnapshot = {
      phase: 'snapshot',
      dataKey,
      facts: trainedFacts(rows, {
        baseScores,
        history: [],
        memberRounds: [numRounds],
        chosen: null,
      }),
      numRounds,
      trees: packTrees(
        trees.slice(this.#numTold).map(({ tree }) => tree),
        1,
      ),
      measured: [...this.#measured],
      member,
    };
    this.#numTold = trees.length;
    environment.notify(snapshot);
  }
}
