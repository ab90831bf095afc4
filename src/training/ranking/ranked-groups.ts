/**
 * A rank's groups at work, in a memory of their own: scores come in, orders, gradients of pairs and the NDCG go out.
 * Kernels run a few groups at a time, so that an abort is seen soon.
 */
import { Arena } from '../../base/arena.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { hash32, mix32, purposes, unitInterval } from '../../base/rng.ts';
import { chooseKernels, newKernelMemory } from '../../kernels/choose.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { RankingSettings } from '../messages.ts';
import { sumOverRanks } from '../objectives/base-score.ts';
import type { RoundDraw } from '../objectives/objective.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { drawOrder } from './draw-order.ts';
import { type GroupLists, gatherScores } from './group-lists.ts';
import { groupMetrics, type RankingMeasure, type ScoredGroup } from './group-metrics.ts';
import { bestGain, discountsOf } from './ndcg.ts';
import type { BiasRule, PositionBiases } from './position-biases.ts';

type ColumnName = (typeof columns)[number]['name'] | 'discounts' | 'room';

/** Entries that a kernel may look at in one go. */
const sliceEntries = 50_000;

/** See the header. */
export class RankedGroups {
  readonly #environment: RankEnvironment;
  readonly #lists: GroupLists;
  readonly #settings: RankingSettings;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #gains: Float64Array;
  #meanGrade = 0;
  readonly #discounts: Float64Array;
  /** Addresses in the memory. */
  readonly #at: Readonly<Record<ColumnName, number>>;

  constructor(environment: RankEnvironment, lists: GroupLists, settings: RankingSettings) {
    this.#environment = environment;
    this.#lists = lists;
    this.#settings = settings;
    const { starts, labels } = lists;
    const numGroups = starts.length - 1;
    let longest = 1;
    for (let g = 0; g < numGroups; g++) longest = Math.max(longest, this.#sizeOf(g));
    this.#discounts = discountsOf(longest);
    this.#gains = labels.map((label) => settings.labelGains[label] as number);
    const arena = new Arena(1024);
    const lengths = { entry: labels.length, group: numGroups + 1 };
    const places = columns.map(({ name, bytes, per }) => [
      name,
      arena.allocate(bytes * lengths[per]),
    ]);
    const discounts = arena.allocate(8 * longest);
    const room = arena.allocate(pairRoom(longest));
    this.#at = { ...Object.fromEntries(places), discounts, room } as Record<ColumnName, number>;
    this.#memory = newKernelMemory(arena.top);
    this.#kernels = chooseKernels(this.#memory, environment.kernels.kind);
    new Uint32Array(this.#memory.buffer, this.#at.starts, starts.length).set(starts);
    new Uint32Array(this.#memory.buffer, this.#at.keys, labels.length).set(lists.keys);
    // to the average precision rows are relevant or not
    const isPrecision = settings.pairWeight === 'map';
    const isRelevant = labels.map((label) => (label >= 1 ? 1 : 0));
    this.#f64('labels', labels.length).set(isPrecision ? isRelevant : labels);
    this.#f64('gains', labels.length).set(isPrecision ? isRelevant : this.#gains);
    this.#f64('discounts', longest).set(this.#discounts);
    const ideals = this.#f64('ideals', numGroups);
    for (let g = 0; g < numGroups; g++) {
      const best = isPrecision
        ? isRelevant.subarray(starts[g], starts[g + 1]).reduce((sum, one) => sum + one, 0)
        : bestGain(this.#gainsOf(g), settings.truncationLevel, this.#discounts);
      ideals[g] = best > 0 ? 1 / best : 0;
    }
  }

  /** Takes the mean of the grades, by weight; every rank calls it before the first round that learns grades. */
  async centreGrades(): Promise<void> {
    const { starts, isCounted, labels, weights } = this.#lists;
    const total = new ExactSum();
    const totalWeight = new ExactSum();
    for (let g = 0; g < isCounted.length; g++) {
      if (isCounted[g] === 0) continue;
      for (let e = starts[g] as number; e < (starts[g + 1] as number); e++) {
        total.addProduct(labels[e] as number, weights[e] as number);
        totalWeight.add(weights[e] as number);
      }
    }
    const [sum, weight] = await sumOverRanks(this.#environment, [total, totalWeight]);
    this.#meanGrade = (sum as number) / (weight as number);
  }

  /**
   * Orders the groups by the scores of the process's rows; every rank calls it.
   *
   * @param draw where the order is to be drawn, if it is drawn at all
   * @param biases what places add to scores, if anything
   */
  async sort(
    scores: Float64Array,
    draw: RoundDraw | null = null,
    biases: PositionBiases | null = null,
  ): Promise<void> {
    const { starts, labels } = this.#lists;
    const own = this.#f64('scores', labels.length);
    await gatherScores(this.#environment, this.#lists, scores, own);
    biases?.addTo(own, this.#lists);
    const isDrawn = draw !== null && this.#settings.orderNoise > 0;
    if (isDrawn) {
      const { orderNoise, sigma } = this.#settings;
      const { keys, scores: from, drawn: out } = this.#at;
      const rows = { keys, scores: from, numRows: labels.length, out };
      drawOrder(this.#kernels, draw, orderNoise / sigma, rows);
    }
    const at = this.#at;
    const sorted = isDrawn ? at.drawn : at.scores;
    this.#inSlices((from, end) => {
      const first = at.starts + 4 * from;
      this.#kernels.sortGroups(first, end - from, sorted, at.order, at.scratch);
    }, starts);
  }

  /** The gradients of this rank's groups by the scores that were sorted. */
  deriveLoss(draw: RoundDraw): void {
    if (draw.round < this.#settings.pointwiseRounds) this.#derivePoints();
    else if (this.#settings.loss === 'xendcg') this.#deriveLists(draw);
    else this.#derivePairs();
  }

  /** Of the squared error of grades that are counted from their mean: scores begin at 0. */
  #derivePoints(): void {
    const { labels } = this.#lists;
    const scores = this.#f64('scores', labels.length);
    const grads = this.#f64('grads', labels.length);
    for (let e = 0; e < labels.length; e++) {
      grads[e] = (scores[e] as number) - ((labels[e] as number) - this.#meanGrade);
    }
    this.#f64('hesses', labels.length).fill(1);
  }

  /** Targets are 2^grade − a draw of [0, 1) of the row and the round, as in LightGBM. */
  #deriveLists({ seed, round }: RoundDraw): void {
    const { starts, labels, keys } = this.#lists;
    const key = hash32(seed, purposes.listTargets, round);
    const targets = this.#f64('drawn', labels.length);
    for (let e = 0; e < labels.length; e++) {
      const drawn = unitInterval(mix32(key ^ mix32(keys[e] as number)));
      targets[e] = (this.#gains[e] as number) + 1 - drawn;
    }
    const at = this.#at;
    this.#inSlices((from, end) => {
      const first = at.starts + 4 * from;
      this.#kernels.listGradients(first, end - from, at.scores, at.drawn, at.grads, at.hesses);
    }, starts);
  }

  #derivePairs(): void {
    const { starts } = this.#lists;
    const { truncationLevel, sigma, normalises, pairWeight, orderNoise } = this.#settings;
    const rules = (normalises ? 1 : 0) | pairRules[pairWeight] | (orderNoise > 0 ? 4 : 0);
    const at = this.#at;
    this.#inSlices((from, end) => {
      this.#kernels.lambdaGradients(
        at.starts + 4 * from,
        end - from,
        at.order,
        at.scores,
        at.labels,
        at.gains,
        at.ideals + 8 * from,
        at.discounts,
        truncationLevel,
        sigma,
        rules,
        at.grads,
        at.hesses,
        at.room,
      );
    }, starts);
  }

  /** Writes the gradients of the process's rows in this rank's groups, times their weights. */
  writeGradients(grads: Float64Array, hesses: Float64Array): void {
    const { rowOf, weights } = this.#lists;
    const ownGrads = this.#f64('grads', rowOf.length);
    const ownHesses = this.#f64('hesses', rowOf.length);
    for (let e = 0; e < rowOf.length; e++) {
      const row = rowOf[e] as number;
      if (row < 0) continue;
      const w = weights[e] as number;
      grads[row] = (ownGrads[e] as number) * w;
      hesses[row] = (ownHesses[e] as number) * w;
    }
  }

  /** Takes the biases a step further by the gradients as they are; every rank calls it. */
  async learnBiases(biases: PositionBiases, rule: BiasRule): Promise<void> {
    const { length } = this.#lists.rowOf;
    const derivatives = { grads: this.#f64('grads', length), hesses: this.#f64('hesses', length) };
    await biases.step(this.#environment, this.#lists, derivatives, rule);
  }

  /**
   * Means over the groups of all ranks, each group weighted by the mean weight of its rows and one without a relevant row
   * counted as 1: for each set of rows what is wanted of it. Every rank calls it.
   */
  async meanMetrics(numSets: number, wanted: readonly RankingMeasure[]): Promise<number[][]> {
    const { starts, sets, isCounted, weights } = this.#lists;
    const width = wanted.length + 1;
    // of each set the metrics' sums and the weight
    const sums = Array.from({ length: numSets * width }, () => new ExactSum());
    for (let g = 0; g < isCounted.length; g++) {
      if (isCounted[g] === 0) continue;
      let weight = 0;
      for (let e = starts[g] as number; e < (starts[g + 1] as number); e++) {
        weight += weights[e] as number;
      }
      weight /= this.#sizeOf(g);
      const first = width * (sets[g] as number);
      const values = groupMetrics(this.#scoredGroup(g), wanted, 1, this.#discounts);
      values.forEach((value, m) => {
        sums[first + m]?.addProduct(value, weight);
      });
      sums[first + wanted.length]?.add(weight);
    }
    const totals = await sumOverRanks(this.#environment, sums);
    return Array.from({ length: numSets }, (_, set) => {
      const own = totals.slice(width * set, width * (set + 1));
      return wanted.map((_, m) => (own[m] as number) / (own[wanted.length] as number));
    });
  }

  #scoredGroup(group: number): ScoredGroup {
    const { starts, labels } = this.#lists;
    const order = new Uint32Array(this.#memory.buffer, this.#at.order, this.#gains.length);
    const scores = this.#f64('scores', this.#gains.length);
    const rows = order.subarray(starts[group], starts[group + 1]);
    return {
      scores: Float64Array.from(rows, (row) => scores[row] as number),
      gains: Float64Array.from(rows, (row) => this.#gains[row] as number),
      isRelevant: Uint8Array.from(rows, (row) => ((labels[row] as number) >= 1 ? 1 : 0)),
    };
  }

  #sizeOf(group: number): number {
    const { starts } = this.#lists;
    return (starts[group + 1] as number) - (starts[group] as number);
  }

  #gainsOf(group: number): Float64Array {
    const { starts } = this.#lists;
    return this.#gains.subarray(starts[group], starts[group + 1]);
  }

  #f64(name: ColumnName, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, this.#at[name], length);
  }

  #inSlices(work: (from: number, end: number) => void, starts: Uint32Array): void {
    const numGroups = starts.length - 1;
    let from = 0;
    while (from < numGroups) {
      this.#environment.collective.checkAborted();
      let end = from + 1;
      const first = starts[from] as number;
      while (end < numGroups && (starts[end + 1] as number) - first <= sliceEntries) end += 1;
      work(from, end);
      from = end;
    }
  }
}

/** Bytes in which the pairs of a group are made: five columns of its rows, and the pairs of some of them. */
export function pairRoom(rowsOfLongest: number): number {
  return 5 * 8 * (rowsOfLongest + 2) + 8 * (1024 + rowsOfLongest + 16);
}

/** Bits of lambdaGradients. */
const pairRules = { ndcg: 0, gain: 2, map: 8, equal: 16 } as const;

const columns = [
  { name: 'starts', bytes: 4, per: 'group' },
  { name: 'ideals', bytes: 8, per: 'group' },
  { name: 'scores', bytes: 8, per: 'entry' },
  { name: 'labels', bytes: 8, per: 'entry' },
  { name: 'gains', bytes: 8, per: 'entry' },
  // targets of rows, or the scores that an order is drawn by
  { name: 'drawn', bytes: 8, per: 'entry' },
  { name: 'grads', bytes: 8, per: 'entry' },
  { name: 'hesses', bytes: 8, per: 'entry' },
  { name: 'keys', bytes: 4, per: 'entry' },
  { name: 'order', bytes: 4, per: 'entry' },
  { name: 'scratch', bytes: 4, per: 'entry' },
] as const;
