/**
 * How far labels usually lie from their middle: where a loss that turns from squares to distances turns unless the user
 * says where. It is the median of the distances from the median (P. J. Huber, "Robust Statistics", 1981, chapter 5: nearly
 * half the labels may be wrong before it is), counted exactly over all ranks, so that a label in another unit is learned
 * alike. It stays for all rounds, so that their losses can be compared.
 */
import { wholeWeights } from '../leaves/quantile-weights.ts';
import { selectQuantiles } from '../leaves/select-quantiles.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { LabelledRows } from './base-score.ts';

/** Share of the rows' weight within it. */
const shareWithin = 0.5;

/** Group of rows that do not count. */
const outside = 0x80000000;

/** The distance; where most labels are the middle itself, that of the others; 1 where there are no others. */
export async function usualDistance(
  environment: RankEnvironment,
  { labels, weights }: LabelledRows,
  middle: number,
): Promise<number> {
  const values = labels.map((label) => Math.abs(label - middle));
  const whole = await wholeWeights(environment, weights);
  const quantileOf = async (groups: Uint32Array): Promise<number> => {
    const rows = { values, groups, weights: whole, numGroups: 1 };
    return (await selectQuantiles(environment, rows, shareWithin))[0] as number;
  };
  const ofAll = await quantileOf(new Uint32Array(values.length));
  if (ofAll > 0) return ofAll;
  const ofOthers = await quantileOf(Uint32Array.from(values, (v) => (v > 0 ? 0 : outside)));
  return ofOthers > 0 ? ofOthers : 1;
}
