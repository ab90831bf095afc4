/**
 * In which order could the rows of a group stand, if scores were as sure as the loss of pairs takes them to be? A row's
 * score plus a draw of the Gumbel distribution: rows sorted by that are an order drawn from the Plackett-Luce model,
 * where each next row is one of those left with a chance that grows with e^(sigma · score). One row then stands before
 * another as often as the logistic loss of the pair has it. Pairs weighed by such orders learn what changes the NDCG of
 * all orders that are likely, not of a single one (A. Gulin, "Winning the transfer learning track of Yahoo!'s learning
 * to rank challenge with YetiRank", 2011). A draw hangs on the seed, the round and the row.
 */
import { hash32, purposes } from '../../base/rng.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { RoundDraw } from '../objectives/objective.ts';

/** Rows that lie in the memory of the kernels. */
interface PlacedRows {
  /** Addresses of uint32 and float64, one a row. */
  readonly keys: number;
  readonly scores: number;
  readonly numRows: number;
}

/** Writes the scores that an order is drawn by to `out`. `scale` is 1 / sigma for the model above, less for surer scores. */
export function drawOrder(
  kernels: Kernels,
  { seed, round }: RoundDraw,
  scale: number,
  { keys, scores, numRows, out }: PlacedRows & { readonly out: number },
): void {
  const key = hash32(seed, purposes.groupOrder, round);
  kernels.drawScores(keys, scores, numRows, key, scale, out);
}
