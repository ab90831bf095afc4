/**
 * k-means, as every rank runs it: k-means|| for the start (B. Bahmani et al., "Scalable k-means++", 2012), then
 * Lloyd's steps. Rank: finds the nearest center of each of its rows; sums of the rows of a cluster have no order
 * (folded-sums.ts), one meeting a step. Draws hang on seed, step and row, so any topology finds the same centers.
 * Bounded by steps · rows · features · centers.
 */
import { hash32, purposes, rowKey, unitInterval } from '../base/rng.ts';
import type { RankContext } from '../cluster/rank-program.ts';
import { RankEnvironment } from '../training/rank-environment.ts';
import { centreRows, type RowStatistics } from './centre-rows.ts';
import { chooseCenters, distinctPoints } from './choose-centers.ts';
import { FoldedSums, gatherNumbers } from './folded-sums.ts';
import { type LinearRows, readLinearRows } from './linear-rows.ts';
import type { ClusterJob, ClusterResult } from './messages.ts';

/** One rank of a job of clusters. */
export async function runClusters(context: RankContext, job: ClusterJob): Promise<ClusterResult> {
  const environment = new RankEnvironment(context, job.kernels);
  const rows = await readLinearRows(environment, job.ingest);
  const statistics = await centreRows(environment, rows, { takeOut: true, labelIsNumber: false });
  const finder = new ClusterFinder(environment, job, { rows, statistics });
  return await finder.find();
}

class ClusterFinder {
  readonly #environment: RankEnvironment;
  readonly #job: ClusterJob;
  readonly #rows: LinearRows;
  readonly #statistics: RowStatistics;
  readonly #columns: readonly Float64Array[];
  readonly #weights: Float64Array;
  /** Nearest center of this rank's rows, by block, and its squared distance. */
  readonly #codes: readonly Int32Array[];
  readonly #distances: readonly Float64Array[];
  /** No squared distance between rows is larger. */
  readonly #reach: number;

  constructor(
    environment: RankEnvironment,
    job: ClusterJob,
    { rows, statistics }: { readonly rows: LinearRows; readonly statistics: RowStatistics },
  ) {
    this.#environment = environment;
    this.#job = job;
    this.#rows = rows;
    this.#statistics = statistics;
    const numRows = job.ingest.rowRange[1] - job.ingest.rowRange[0];
    this.#columns = rows.columns.map((address) => environment.f64(address, numRows));
    this.#weights = environment.f64(rows.weights, numRows);
    this.#codes = rows.blocks.map(({ count }) => new Int32Array(count));
    this.#distances = rows.blocks.map(({ count }) => new Float64Array(count));
    this.#reach = statistics.bounds.reduce((sum, bound) => sum + 4 * bound * bound, 0);
  }

  async find(): Promise<ClusterResult> {
    const { maxIter, tol } = this.#job.learner;
    let centers = await this.#start();
    let numIter = 0;
    let found = await this.#assign(centers);
    while (numIter < maxIter) {
      const done = { done: numIter, total: maxIter, message: 'steps' };
      this.#environment.progress({ phase: 'train', ...done });
      this.#environment.collective.checkAborted();
      const moved = found.means;
      const isStill = this.#furthestMove(centers, moved) <= tol * tol;
      centers = moved;
      numIter += 1;
      found = await this.#assign(centers);
      if (isStill) break;
    }
    const width = this.#columns.length;
    const { means } = this.#statistics;
    return {
      centers: centers.map((value, at) => value + (means[at % width] as number)),
      sizes: [...found.sizes],
      trainingCost: found.cost,
      numIter,
      numRows: this.#rows.numAll,
    };
  }

  #furthestMove(from: Float64Array, to: Float64Array): number {
    const width = this.#columns.length;
    let most = 0;
    for (let at = 0; at < from.length; at += width) {
      let distance = 0;
      for (let j = at; j < at + width; j++) {
        const step = (to[j] as number) - (from[j] as number);
        distance += step * step;
      }
      most = Math.max(most, distance);
    }
    return most;
  }

  /** Finds each row's center; weights, means and cost of the clusters. */
  async #assign(
    centers: Float64Array,
  ): Promise<{ sizes: Float64Array; means: Float64Array; cost: number }> {
    const width = this.#columns.length;
    const numCenters = centers.length / width;
    this.#nearest(centers, 0);
    const { rows } = this;
    const stride = width + 2;
    const weight = rows.weightExtremes[1];
    const bounds = new Float64Array(numCenters * stride).map((_, at) => {
      const part = at % stride;
      if (part === width) return weight;
      return weight * (part > width ? this.#reach : (this.#statistics.bounds[part] as number));
    });
    const sums = await this.#sums(bounds.length);
    sums.begin(bounds, rows.numAll);
    rows.blocks.forEach(({ start, count }, b) => {
      const codes = this.#codes[b] as Int32Array;
      const weights = this.#weights.subarray(start, start + count);
      this.#columns.forEach((column, offset) => {
        sums.addByCode({ codes, stride, offset }, column.subarray(start, start + count), weights);
      });
      const ones = new Float64Array(count).fill(1);
      sums.addByCode({ codes, stride, offset: width }, weights, ones);
      const distances = this.#distances[b] as Float64Array;
      sums.addByCode({ codes, stride, offset: width + 1 }, distances, weights);
    });
    const totals = await sums.meet();
    const sizes = new Float64Array(numCenters);
    const means = centers.slice();
    let cost = 0;
    for (let c = 0; c < numCenters; c++) {
      const size = totals[c * stride + width] as number;
      sizes[c] = size;
      cost += totals[c * stride + width + 1] as number;
      // a center that nothing is nearest to stays where it is
      if (size === 0) continue;
      for (let j = 0; j < width; j++) {
        means[c * width + j] = (totals[c * stride + j] as number) / size;
      }
    }
    return { sizes, means, cost };
  }

  /** Compares every row with the centers from one on; the first of equals stays. */
  #nearest(centers: Float64Array, from: number): void {
    const width = this.#columns.length;
    const numCenters = centers.length / width;
    this.rows.blocks.forEach(({ start, count }, b) => {
      const codes = this.#codes[b] as Int32Array;
      const best = this.#distances[b] as Float64Array;
      if (from === 0) best.fill(Number.POSITIVE_INFINITY);
      const distance = new Float64Array(count);
      for (let c = from; c < numCenters; c++) {
        distance.fill(0);
        for (let j = 0; j < width; j++) {
          const column = this.#columns[j] as Float64Array;
          const at = centers[c * width + j] as number;
          for (let i = 0; i < count; i++) {
            const away = (column[start + i] as number) - at;
            distance[i] = (distance[i] as number) + away * away;
          }
        }
        for (let i = 0; i < count; i++) {
          if ((distance[i] as number) >= (best[i] as number)) continue;
          best[i] = distance[i] as number;
          codes[i] = c;
        }
      }
    });
  }

  get rows(): LinearRows {
    return this.#rows;
  }

  /** The first centers, around the means. */
  async #start(): Promise<Float64Array> {
    const { k, initMode, initSteps, seed } = this.#job.learner;
    if (initMode === 'random') {
      return distinctPoints(await this.#fewest(k), this.#columns.length);
    }
    const width = this.#columns.length;
    let centers = await this.#fewest(1);
    this.#nearest(centers, 0);
    for (let step = 1; step <= initSteps; step++) {
      const { cost } = await this.#assign(centers);
      if (!(cost > 0)) break;
      const added = await this.#gatherRows((row, distance) => {
        const chance = (2 * k * (this.#weights[row] as number) * distance) / cost;
        return unitInterval(hash32(seed, purposes.kMeans, step, this.#keyOf(row))) < chance;
      });
      centers = Float64Array.of(...centers, ...added);
    }
    centers = distinctPoints(centers, width);
    if (centers.length / width <= k) return centers;
    const { sizes } = await this.#assign(centers);
    return chooseCenters({ points: centers, weights: sizes, width, k, seed });
  }

  #keyOf(row: number): number {
    return rowKey(this.#job.ingest.rowRange[0] + row);
  }

  /** The rows with the smallest hashes, in their order. */
  async #fewest(count: number): Promise<Float64Array> {
    const { seed } = this.#job.learner;
    const hashOf = (row: number): number => hash32(seed, purposes.kMeans, 0, this.#keyOf(row));
    const own: number[] = [];
    for (const { start, count: size } of this.#rows.blocks) {
      for (let row = start; row < start + size; row++) {
        if (this.#weights[row] !== 0) own.push(hashOf(row));
      }
    }
    const smallest = Float64Array.from(own).sort().subarray(0, count);
    const everyone = (await gatherNumbers(this.#environment, smallest.slice())).flatMap((part) => [
      ...part,
    ]);
    const limit = Float64Array.from(everyone).sort()[
      Math.min(count, everyone.length) - 1
    ] as number;
    const chosen = await this.#gatherRows((row) => hashOf(row) <= limit);
    return chosen.subarray(0, count * this.#columns.length);
  }

  /** The rows that a rule takes, of all ranks, in the order of the table. */
  async #gatherRows(takes: (row: number, distance: number) => boolean): Promise<Float64Array> {
    const first = this.#job.ingest.rowRange[0];
    const width = this.#columns.length;
    const own: number[] = [];
    this.#rows.blocks.forEach(({ start, count }, b) => {
      const distances = this.#distances[b] as Float64Array;
      for (let i = 0; i < count; i++) {
        const row = start + i;
        if (this.#weights[row] === 0 || !takes(row, distances[i] as number)) continue;
        own.push(first + row, ...this.#columns.map((column) => column[row] as number));
      }
    });
    const parts = await gatherNumbers(this.#environment, Float64Array.from(own));
    const found: Float64Array[] = [];
    for (const part of parts) {
      for (let at = 0; at < part.length; at += width + 1) {
        found.push(part.subarray(at, at + width + 1));
      }
    }
    found.sort((a, b) => (a[0] as number) - (b[0] as number));
    const points = new Float64Array(found.length * width);
    found.forEach((row, i) => {
      points.set(row.subarray(1), i * width);
    });
    return points;
  }

  async #sums(count: number): Promise<FoldedSums> {
    const environment = this.#environment;
    const bytes = Math.ceil(FoldedSums.bytes(count) / 64) * 64;
    const base = Math.ceil(this.#rows.free / 64) * 64;
    await environment.reserve(base + environment.numLocal * bytes, 'sums of clusters');
    return new FoldedSums(environment, base + environment.localIndex * bytes, count);
  }
}
