/**
 * In which order could the rows of a group stand, if scores were as sure as the loss of pairs takes them to be? A row's
 * score plus a draw of the Gumbel distribution: rows sorted by that are an order drawn from the Plackett-Luce model,
 * where each next row is one of those left with a chance that grows with e^(sigma · score). One row then stands before
 * another as often as the logistic loss of the pair has it. Pairs weighed by such orders learn what changes the NDCG of
 * all orders that are likely, not of a single one (A. Gulin, "Winning the transfer learning track of Yahoo!'s learning
 * to rank challenge with YetiRank", 2011). A draw hangs on the seed, the round and the row.
 */
import { log } from '../../base/portable-math.ts';
import { hash32, mix32, purposes, unitInterval } from '../../base/rng.ts';
import type { RoundDraw } from '../objectives/objective.ts';

/** Writes the scores that an order is drawn by. `scale` is 1 / sigma for the model above, less for surer scores. */
export function drawOrder(
  { seed, round }: RoundDraw,
  scale: number,
  { keys, scores }: { readonly keys: Uint32Array; readonly scores: Float64Array },
  out: Float64Array,
): void {
  const key = hash32(seed, purposes.groupOrder, round);
  for (let e = 0; e < keys.length; e++) {
    // halfway between two draws: neither 0 nor 1
    const share = unitInterval(mix32(key ^ mix32(keys[e] as number))) + 2 ** -33;
    out[e] = (scores[e] as number) - scale * log(-log(share));
  }
}
