/**
 * The mean loss of a linear model over all rows of all ranks, and its slope. Rank: takes its rows in blocks; a
 * block's margins are built feature by feature, each row's loss and derivative come from its margin, and their
 * sums over the rows have no order (folded-sums.ts). One meeting an evaluation, of one number a coefficient.
 *
 * Scratch of a rank, float64[1024] each: ones | margins, derivatives, shares of each output | losses | spare
 */
import { Arena } from '../base/arena.ts';
import { blockRows } from '../training/ingest/shard-rows.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';
import { FoldedSums } from './folded-sums.ts';
import type { LinearRows, RowBlock } from './linear-rows.ts';

/** What is lost on a row. */
export type LossKind = 'logistic' | 'softmax' | 'squaredHinge';

/** Sums over all rows, divided by their weight. */
export interface MeanLoss {
  readonly loss: number;
  /** float64[outputs · (features + 1)]: slopes of each output's coefficients, then of its intercept. */
  readonly slopes: Float64Array;
}

const blockBytes = 8 * blockRows;

/** Bound of a margin above which nothing is evaluated. */
const largestMargin = 2 ** 300;

/** Evaluates the loss as often as asked. */
export class RowLosses {
  readonly #environment: RankEnvironment;
  readonly #rows: LinearRows;
  readonly #kind: LossKind;
  readonly #numOutputs: number;
  readonly #bounds: Float64Array;
  readonly #totalWeight: number;
  readonly #sums: FoldedSums;
  readonly #ones: number;
  readonly #margins: number;
  readonly #derivatives: number;
  readonly #shares: number;
  readonly #losses: number;
  readonly #spare: number;

  private constructor(environment: RankEnvironment, shape: LossShape, address: number) {
    this.#environment = environment;
    this.#rows = shape.rows;
    this.#kind = shape.kind;
    this.#numOutputs = shape.numOutputs;
    this.#bounds = shape.bounds;
    this.#totalWeight = shape.totalWeight;
    const arena = new Arena(address);
    this.#ones = arena.allocate(blockBytes);
    this.#margins = arena.allocate(shape.numOutputs * blockBytes);
    this.#derivatives = arena.allocate(shape.numOutputs * blockBytes);
    this.#shares = arena.allocate(shape.numOutputs * blockBytes);
    this.#losses = arena.allocate(blockBytes);
    this.#spare = arena.allocate(blockBytes + 64);
    this.#sums = new FoldedSums(environment, arena.top, numSums(shape));
    environment.f64(this.#ones, blockRows).fill(1);
  }

  /** Makes room for every rank's scratch; every rank calls it. */
  static async over(environment: RankEnvironment, shape: LossShape): Promise<RowLosses> {
    const bytes =
      (3 * shape.numOutputs + 3) * blockBytes + 256 + FoldedSums.bytes(numSums(shape)) + 64;
    const perRank = Math.ceil(bytes / 64) * 64;
    const base = new Arena(shape.rows.free).top;
    await environment.reserve(base + environment.numLocal * perRank, 'sums of losses');
    return new RowLosses(environment, shape, base + environment.localIndex * perRank);
  }

  /**
   * Loss and slopes; a meeting.
   * @param coefficients float64[outputs · (features + 1)], as {@link MeanLoss.slopes}
   */
  async evaluate(coefficients: Float64Array): Promise<MeanLoss> {
    const { columns, weightExtremes, numAll } = this.#rows;
    const width = columns.length + 1;
    const reach = this.#reach(coefficients) + this.#rows.offsetReach;
    const numCoefficients = coefficients.length;
    if (!(reach < largestMargin)) {
      return { loss: Number.POSITIVE_INFINITY, slopes: new Float64Array(numCoefficients) };
    }
    const isHinge = this.#kind === 'squaredHinge';
    const weight = weightExtremes[1];
    const steepest = weight * (isHinge ? 2 * (1 + reach) : 1);
    const bounds = new Float64Array(numCoefficients + 1);
    for (let at = 0; at < numCoefficients; at++) {
      bounds[at] = steepest * (this.#bounds[at % width] ?? 1);
    }
    bounds[numCoefficients] =
      weight * (isHinge ? (1 + reach) * (1 + reach) : 2 * reach + this.#numOutputs);
    this.#sums.begin(bounds, numAll);
    for (const { start, count } of this.#rows.blocks) {
      this.#addMargins(coefficients, start, count);
      this.#differentiate(start, count);
      for (let k = 0; k < this.#numOutputs; k++) {
        const derivatives = this.#derivatives + k * blockBytes;
        columns.forEach((column, j) => {
          this.#sums.add(k * width + j, derivatives, column + 8 * start, count);
        });
        this.#sums.add(k * width + columns.length, derivatives, this.#ones, count);
      }
      this.#sums.add(numCoefficients, this.#losses, this.#ones, count);
    }
    this.#environment.collective.checkAborted();
    const totals = await this.#sums.meet();
    const means = totals.map((total) => total / this.#totalWeight);
    return { loss: means[numCoefficients] as number, slopes: means.subarray(0, numCoefficients) };
  }

  /** No margin of any row is larger. */
  #reach(coefficients: Float64Array): number {
    const width = this.#bounds.length + 1;
    let most = 0;
    for (let k = 0; k < this.#numOutputs; k++) {
      let reach = 0;
      for (let j = 0; j < width; j++) {
        reach += Math.abs(coefficients[k * width + j] as number) * (this.#bounds[j] ?? 1);
      }
      // a NaN must win
      if (!(reach <= most)) most = reach;
    }
    return most;
  }

  #addMargins(coefficients: Float64Array, start: number, count: number): void {
    const { columns } = this.#rows;
    const { kernels } = this.#environment;
    const width = columns.length + 1;
    for (let k = 0; k < this.#numOutputs; k++) {
      const margins = this.#margins + k * blockBytes;
      const intercept = coefficients[k * width + width - 1] as number;
      this.#begin(margins, { offsets: this.#rows.offsets[k], start, count }, intercept);
      for (let j = 0; j < columns.length; j++) {
        const factor = coefficients[k * width + j] as number;
        if (factor !== 0) {
          kernels.addScaled((columns[j] as number) + 8 * start, count, factor, margins);
        }
      }
    }
  }

  /** Every margin begins at the intercept and what the row brings with it. */
  #begin(
    margins: number,
    rows: { readonly offsets: number | undefined } & RowBlock,
    intercept: number,
  ): void {
    const { offsets, start, count } = rows;
    const to = this.#environment.f64(margins, count);
    if (offsets === undefined) {
      to.fill(intercept);
      return;
    }
    const from = this.#environment.f64(offsets + 8 * start, count);
    for (let i = 0; i < count; i++) to[i] = intercept + (from[i] as number);
  }

  /** Losses and derivatives of a block, times the rows' weights. */
  #differentiate(start: number, count: number): void {
    const { kernels } = this.#environment;
    const labels = this.#rows.labels + 8 * start;
    const weights = this.#rows.weights + 8 * start;
    const stats = this.#spare + blockBytes;
    if (this.#kind === 'logistic') {
      const scores = this.#margins;
      kernels.logisticGradients(
        ...([scores, labels, weights, count, this.#derivatives, this.#spare, stats] as const),
      );
      kernels.rowLosses(1, scores, labels, weights, count, this.#losses);
      return;
    }
    if (this.#kind === 'squaredHinge') {
      this.#differentiateHinge(start, count);
      return;
    }
    const numOutputs = this.#numOutputs;
    kernels.softmaxProbabilities(
      ...([this.#margins, blockBytes, numOutputs, count, this.#shares, blockBytes] as const),
    );
    for (let k = 0; k < numOutputs; k++) {
      const shares = this.#shares + k * blockBytes;
      const derivatives = this.#derivatives + k * blockBytes;
      kernels.softmaxGradients(
        ...([shares, labels, k, 1, weights, count, derivatives, this.#spare, stats] as const),
      );
    }
    kernels.softmaxLosses(
      ...([this.#margins, blockBytes, numOutputs, labels, weights, count, this.#losses] as const),
    );
  }

  /** max(0, 1 − s m)² with s = ±1. */
  #differentiateHinge(start: number, count: number): void {
    const environment = this.#environment;
    const margins = environment.f64(this.#margins, count);
    const labels = environment.f64(this.#rows.labels + 8 * start, count);
    const weights = environment.f64(this.#rows.weights + 8 * start, count);
    const derivatives = environment.f64(this.#derivatives, count);
    const losses = environment.f64(this.#losses, count);
    for (let i = 0; i < count; i++) {
      const sign = labels[i] === 1 ? 1 : -1;
      const short = Math.max(0, 1 - sign * (margins[i] as number));
      const weight = weights[i] as number;
      losses[i] = weight * (short * short);
      derivatives[i] = weight * (-2 * sign * short);
    }
  }
}

/** What the loss is of. */
export interface LossShape {
  readonly rows: LinearRows;
  readonly kind: LossKind;
  readonly numOutputs: number;
  /** The largest magnitude in each column. */
  readonly bounds: Float64Array;
  readonly totalWeight: number;
}

function numSums({ rows, numOutputs }: LossShape): number {
  return numOutputs * (rows.columns.length + 1) + 1;
}
