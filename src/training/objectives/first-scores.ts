/** What rows' scores are before the first tree: where boosting starts, and what a row brings with it. */
import { type BoostingState, scoreAddress } from '../boosting/boosting-state.ts';

/** Writes the scores of this rank's training and validation rows; offsets are put onto the grid of the scores. */
export function writeFirstScores(state: BoostingState): void {
  const { environment, objective, rows, firstScores, scoreUnit } = state;
  for (let k = 0; k < objective.numOutputs; k++) {
    const first = firstScores[k] as number;
    // offsets of centred labels were taken from the labels
    const address = objective.centresLabels ? undefined : rows.offsets[k];
    for (const part of [rows.train, rows.validation]) {
      const scores = environment.f64(scoreAddress(state, k) + 8 * part.start, part.count);
      scores.fill(first);
      if (address !== undefined) {
        const offsets = environment.f64(address + 8 * part.start, part.count);
        for (let i = 0; i < scores.length; i++) {
          scores[i] = first + Math.round((offsets[i] as number) / scoreUnit) * scoreUnit;
        }
      }
      const grown = rows.initialScores[k];
      if (grown === undefined) continue;
      const sums = environment.f64(grown + 8 * part.start, part.count);
      for (let i = 0; i < scores.length; i++) {
        scores[i] = (scores[i] as number) + (sums[i] as number);
      }
    }
  }
}
