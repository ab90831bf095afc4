/**
 * How much do rows gain by the place that they were shown at? Who clicks sees the first places first, so grades that are
 * clicks tell of places too. Each place has a bias that is added to its rows' scores while pairs are learned from, and that
 * no prediction has. After each round's gradients it goes one Newton step further on the same loss (LightGBM's position
 * debiasing; after Z. Zhao et al., "Recommending what video to watch next", 2019, section 4.4):
 *
 *   bias += stepSize · (−Σ g − bias · c · n) / (|Σ h + c · n| + 0.001)       n: rows of the place, c: the regularisation
 *
 * The sums are exact, over the groups that each rank counts, so all ranks hold the same biases.
 */
import { ExactSum } from '../../base/exact-sum.ts';
import { sumOverRanks } from '../objectives/base-score.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { GroupLists } from './group-lists.ts';

/** How far a step goes. */
export interface BiasRule {
  readonly stepSize: number;
  readonly regularization: number;
}

/** What LightGBM adds to the second derivative. */
const leastCurvature = 1e-3;

/** See the header. */
export class PositionBiases {
  /** By place, from 0. */
  values: Float64Array;

  constructor(numPlaces: number) {
    this.values = new Float64Array(numPlaces);
  }

  /** None has an effect yet; every rank calls it. */
  static async of(environment: RankEnvironment, { shownAt }: GroupLists): Promise<PositionBiases> {
    let last = 0;
    for (const place of shownAt) last = Math.max(last, place);
    const most = BigInt64Array.of(BigInt(last));
    await environment.wait(environment.collective.allreduce(most, 'max'));
    return new PositionBiases(Number(most[0]) + 1);
  }

  /** Goes on from what was learned before, of other rows maybe, that were shown at other places. */
  goOn(known: readonly number[]): void {
    const numPlaces = Math.max(known.length, this.values.length);
    this.values = new Float64Array(numPlaces);
    this.values.set(known);
  }

  /** Adds them to the scores of entries. */
  addTo(scores: Float64Array, { shownAt }: GroupLists): void {
    for (let e = 0; e < scores.length; e++) {
      scores[e] = (scores[e] as number) + (this.values[shownAt[e] as number] as number);
    }
  }

  /** One step; every rank calls it, with the derivatives of its entries before weights. */
  async step(
    environment: RankEnvironment,
    lists: GroupLists,
    { grads, hesses }: { readonly grads: Float64Array; readonly hesses: Float64Array },
    { stepSize, regularization }: BiasRule,
  ): Promise<void> {
    const { starts, isCounted, shownAt, weights } = lists;
    const newSums = (): ExactSum[] => Array.from(this.values, () => new ExactSum());
    const [slopes, curvatures, counts] = [newSums(), newSums(), newSums()];
    const rowsAt = new Float64Array(this.values.length);
    for (let g = 0; g < isCounted.length; g++) {
      if (isCounted[g] === 0) continue;
      for (let e = starts[g] as number; e < (starts[g + 1] as number); e++) {
        const place = shownAt[e] as number;
        slopes[place]?.addProduct(grads[e] as number, weights[e] as number);
        curvatures[place]?.addProduct(hesses[e] as number, weights[e] as number);
        rowsAt[place] = (rowsAt[place] as number) + 1;
      }
    }
    counts.forEach((count, place) => {
      count.add(rowsAt[place] as number);
    });
    const sums = await sumOverRanks(environment, [...slopes, ...curvatures, ...counts]);
    const { values } = this;
    const n = values.length;
    for (let place = 0; place < n; place++) {
      const penalty = regularization * (sums[2 * n + place] as number);
      const bias = values[place] as number;
      const slope = -(sums[place] as number) - bias * penalty;
      const curvature = (sums[n + place] as number) + penalty;
      values[place] = bias + (stepSize * slope) / (curvature + leastCurvature);
    }
  }
}
