/**
 * Gradient-based one-side sampling (G. Ke et al., "LightGBM", 2017): the rows with the largest |g · h| are all
 * kept, of the others a random part, whose gradients are amplified so that sums stay unbiased. How many rows are
 * kept is exact; ties are broken by the rows' hashes, so no topology shows.
 */
import { hash32, mix32, purposes } from '../../base/rng.ts';
import { type BoostingState, gradientRows } from '../boosting/boosting-state.ts';
import type { GossRates } from '../messages.ts';
import { selectTop } from './select-top.ts';

/** How often each of this rank's training rows counts: 0 left out, 1 kept, above 1 amplified. */
export type RowFactors = Float64Array;

/** Chooses the rows of a round; the objective's round has begun. */
export async function gossFactors(
  state: BoostingState,
  rates: GossRates,
  round: number,
): Promise<RowFactors> {
  const { environment, job, rows } = state;
  const { train } = rows;
  const numTop = Math.max(1, Math.floor(train.numAll * rates.topRate));
  const numOther = Math.max(1, Math.floor(train.numAll * rates.otherRate));
  const numRest = train.numAll - numTop;
  const factors = new Float64Array(train.count);
  const hashes = hashesOf(state, hash32(job.seed, purposes.goss, round));
  const magnitudes = magnitudesOf(state);
  const halves = new Uint32Array(magnitudes.buffer);
  const high = new Uint32Array(train.count);
  const low = new Uint32Array(train.count);
  for (let i = 0; i < high.length; i++) {
    low[i] = halves[2 * i] as number;
    high[i] = halves[2 * i + 1] as number;
  }
  const one = { groups: null, numGroups: 1 } as const;
  const keyed = { ...one, words: [high, low, hashes], members: null };
  const isTop = await selectTop(environment, keyed, [numTop]);
  const members = new Uint32Array(train.count);
  let numMembers = 0;
  for (let i = 0; i < isTop.length; i++) if (isTop[i] === 0) members[numMembers++] = i;
  const others = { ...one, words: [hashes], members: members.subarray(0, numMembers) };
  const isOther = await selectTop(environment, others, [numOther]);
  const amplification = numRest / numOther;
  for (let i = 0; i < factors.length; i++) {
    factors[i] = isTop[i] === 1 ? 1 : isOther[i] === 1 ? amplification : 0;
  }
  return factors;
}

/** |g · h| of each row, added up over the outputs in their order. */
function magnitudesOf(state: BoostingState): Float64Array {
  const { environment, objective, memory } = state;
  const { train } = state.rows;
  const found = new Float64Array(train.count);
  const rows = gradientRows(state, train);
  for (let output = 0; output < objective.numOutputs; output++) {
    environment.f64(memory.ownStats, 3).fill(0);
    objective.gradients(environment, rows, output);
    const grads = environment.f64(rows.grads, train.count);
    const hesses = environment.f64(rows.hesses, train.count);
    for (let i = 0; i < found.length; i++) {
      found[i] = (found[i] as number) + Math.abs((grads[i] as number) * (hesses[i] as number));
    }
  }
  return found;
}

/** A random word of each row, from its key. */
export function hashesOf({ environment, rows }: BoostingState, key: number): Uint32Array {
  const { start, count } = rows.train;
  return environment.u32(rows.keys + 4 * start, count).map((rowKey) => mix32(rowKey ^ key));
}
