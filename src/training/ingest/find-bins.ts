/**
 * Finds the bins of every feature: edges from the rows whose hash falls under the sampling rate, category
 * values from every row that trains. Both are the same for any partitioning and any number of ranks.
 */

import { hash32, purposes } from '../../base/rng.ts';
import { type BinLimits, edgesWithGiven, numericEdges } from '../../binning/bin-edges.ts';
import { mergeCategories } from '../../binning/category-dictionary.ts';
import { sortNumbers } from '../../binning/sort-numbers.ts';
import type { SparseNumbers } from '../../table/columns/sparse-numbers.ts';
import type { FeatureSource, IngestJob } from '../messages.ts';
import { gatherJson, type RankEnvironment } from '../rank-environment.ts';
import { cutSample, type FreeMemory } from './cut-sample.ts';
import {
  batchesOf,
  joinSamples,
  packSamples,
  type SampleRange,
  unpackSamples,
} from './gather-samples.ts';
import type { FoundBins } from './prepared-rows.ts';
import { type RawColumns, rawWidth, type Wave } from './raw-columns.ts';
import type { RowRuns } from './shard-rows.ts';

/** Bins that a job brings; whatever has them may split, and may have missing values. */
export function givenBins({ features, givenBins: bins = [] }: IngestJob): FoundBins {
  return {
    features: features.map((source, index) => ({
      name: source.name,
      index,
      kind: source.kind === 'category' ? 'category' : 'numeric',
      edges: Float64Array.from(bins[index]?.edges ?? []),
      categories: bins[index]?.categories ?? [],
      isFloat32: source.kind === 'f32',
    })),
    hasMissing: features.map(() => true),
  };
}

/** What one rank has seen of a feature so far. */
interface Seen {
  /** Sampled numbers other than zeros, which are only counted: wide tables are mostly zeros. */
  chunks: (Float32Array | Float64Array)[];
  numZeros: number;
  texts: Set<string>;
  hasMissing: boolean;
}

/** The sampled rows of a stretch. */
interface SampledRows {
  /** 1 for each of them. */
  readonly marks: Uint8Array;
  readonly rows: Uint32Array;
}

/** Collects what the bins are made of, wave by wave, and then makes them. */
export class BinFinder {
  readonly #environment: RankEnvironment;
  readonly #job: IngestJob;
  readonly #runs: RowRuns;
  readonly #sampled: Uint32Array;
  readonly #seen: Seen[];
  readonly #scratch32: Float32Array;
  readonly #scratch64: Float64Array;

  /** @param sampled the sampled rows of the runs ({@link sampleRows}) */
  constructor(environment: RankEnvironment, job: IngestJob, runs: RowRuns, sampled: Uint32Array) {
    this.#environment = environment;
    this.#job = job;
    this.#runs = runs;
    this.#sampled = sampled;
    this.#scratch32 = new Float32Array(this.#sampled.length);
    this.#scratch64 = new Float64Array(this.#sampled.length);
    this.#seen = job.features.map(() => ({
      chunks: [],
      numZeros: 0,
      texts: new Set(),
      hasMissing: false,
    }));
  }

  /** Looks at the rows of a loaded wave. */
  async look(raw: RawColumns, wave: Wave): Promise<void> {
    const sampled = raw.hasSparse() ? this.#sampledIn(wave) : null;
    for (const [f, source] of this.#job.features.entries()) {
      await this.#environment.wait(this.#environment.breathe());
      if (source.kind === 'category') this.#lookAtCategory(raw, wave, f);
      else if (sampled === null) this.#lookAtNumbers(raw, f, wave, this.#sampled);
      else {
        for (const [i, stretch] of wave.stretches.entries()) {
          const numbers = raw.sparse(i, f);
          const here = sampled[i] as SampledRows;
          if (numbers !== null) this.#lookAtSparse(numbers, here, f);
          else this.#lookAtNumbers(raw, f, stretch, here.rows);
        }
      }
    }
  }

  /** Which rows of each stretch are sampled. */
  #sampledIn(wave: Wave): SampledRows[] {
    const rows = this.#sampled;
    let next = 0;
    return wave.stretches.map(({ firstRow, numRows }) => {
      const marks = new Uint8Array(numRows);
      while ((rows[next] as number) < firstRow) next += 1;
      const first = next;
      for (; (rows[next] as number) < firstRow + numRows; next++) {
        marks[(rows[next] as number) - firstRow] = 1;
      }
      return { marks, rows: rows.subarray(first, next) };
    });
  }

  #lookAtSparse({ usual, rows, values }: SparseNumbers, sampled: SampledRows, f: number): void {
    const seen = this.#seen[f] as Seen;
    const chunk = this.#scratchOf(f);
    const { marks } = sampled;
    let count = 0;
    let numOthers = 0;
    let numZeros = 0;
    for (let i = 0; i < rows.length; i++) {
      if (marks[rows[i] as number] === 0) continue;
      numOthers += 1;
      const value = values[i] as number;
      if (value === 0) numZeros += 1;
      else if (Number.isNaN(value)) seen.hasMissing = true;
      else chunk[count++] = value;
    }
    const numUsual = sampled.rows.length - numOthers;
    if (usual === 0) numZeros += numUsual;
    else if (numUsual > 0) seen.hasMissing = true;
    seen.numZeros += numZeros;
    if (count > 0) seen.chunks.push(chunk.slice(0, count));
  }

  #scratchOf(f: number): Float32Array | Float64Array {
    return this.#job.features[f]?.kind === 'f32' ? this.#scratch32 : this.#scratch64;
  }

  /** Meets the other ranks; every rank gets the same bins. @param free memory of the process */
  async finish(free: FreeMemory): Promise<FoundBins> {
    const sources = this.#job.features;
    const missing = await gatherJson(
      this.#environment,
      this.#seen.map((seen) => seen.hasMissing),
    );
    const edges = await this.#findEdges(free);
    const categories = await this.#mergeTexts();
    return {
      features: sources.map((source, index) => ({
        name: source.name,
        index,
        kind: source.kind === 'category' ? 'category' : 'numeric',
        edges: edges[index] as Float64Array,
        categories: categories[index] as string[],
        isFloat32: source.kind === 'f32',
      })),
      hasMissing: sources.map((_, f) => missing.some((flags) => flags[f] === true)),
    };
  }

  #lookAtNumbers(
    raw: RawColumns,
    f: number,
    { firstRow, numRows }: Pick<Wave, 'firstRow' | 'numRows'>,
    rows: Uint32Array,
  ): void {
    const values = raw.numbers(f, firstRow, numRows);
    const seen = this.#seen[f] as Seen;
    const chunk = this.#scratchOf(f);
    let count = 0;
    let numZeros = 0;
    const end = firstRow + numRows;
    if (
      coversAll(rows, { firstRow, numRows }) &&
      !values.includes(0) &&
      !values.includes(Number.NaN)
    ) {
      seen.chunks.push(values.slice());
      return;
    }
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (row < firstRow || row >= end) continue;
      const value = values[row - firstRow] as number;
      if (value === 0) numZeros += 1;
      else if (Number.isNaN(value)) seen.hasMissing = true;
      else chunk[count++] = value;
    }
    seen.numZeros += numZeros;
    seen.chunks.push(chunk.slice(0, count));
  }

  #lookAtCategory(raw: RawColumns, wave: Wave, f: number): void {
    const seen = this.#seen[f] as Seen;
    const codes = this.#environment.i32(raw.address(f, wave.firstRow), wave.numRows);
    const runs = this.#runs;
    for (const part of wave.placed) {
      const values = raw.lists.get(`${part.index}:${f}`) ?? [];
      const used = new Uint8Array(values.length);
      let numUnused = values.length;
      const partEnd = part.firstLocal + part.count;
      for (let r = 0; r < runs.starts.length; r++) {
        const start = Math.max(runs.starts[r] as number, part.firstLocal);
        const end = Math.min((runs.starts[r] as number) + (runs.counts[r] as number), partEnd);
        if (!seen.hasMissing && end > start) {
          seen.hasMissing = codes.subarray(start - wave.firstRow, end - wave.firstRow).includes(-1);
        }
        for (let row = start; row < end && numUnused > 0; row++) {
          const code = codes[row - wave.firstRow] as number;
          if (code < 0 || used[code] === 1) continue;
          used[code] = 1;
          numUnused -= 1;
        }
      }
      values.forEach((value, code) => {
        if (used[code] === 1) seen.texts.add(value);
      });
    }
  }

  /** Each rank sorts the samples of some features; all get all edges. */
  async #findEdges(free: FreeMemory): Promise<Float64Array[]> {
    const { collective } = this.#environment;
    const sources = this.#job.features;
    const numeric = sources.flatMap((source, f) => (source.kind === 'category' ? [] : [f]));
    const mine: number[] = [];
    const counts = new BigInt64Array(2 * sources.length);
    for (const [f, { numZeros, chunks }] of this.#seen.entries()) {
      counts[2 * f] = BigInt(numZeros);
      counts[2 * f + 1] = BigInt(chunks.reduce((sum, { length }) => sum + length, 0));
    }
    await this.#environment.wait(collective.allreduce(counts, 'sum'));
    const own = shareOf(free, this.#environment);
    const sizes = numeric.map(
      (f) => Number(counts[2 * f + 1]) * rawWidth(sources[f] as FeatureSource),
    );
    // samples of a few features at a time are in memory; nobody waits while another sorts
    for (const batch of batchesOf(sizes, collective.size)) {
      const samples = await this.#gatherSamples(numeric, batch);
      for (const [f, sample] of samples) {
        collective.checkAborted();
        const isFloat32 = sources[f]?.kind === 'f32';
        const { maxBins, binEdges } = this.#job;
        const limits = { maxBins, isFloat32, numZeros: Number(counts[2 * f]) };
        const given = binEdges?.[f] ?? [];
        const edges =
          (given.length === 0 ? cutSample(this.#environment, sample, limits, own) : null) ??
          edgesOf(sample, limits, given);
        mine.push(f, edges.length, ...edges);
        await this.#environment.wait(this.#environment.breathe());
      }
    }
    return await this.#gatherEdges(mine);
  }

  /** The whole samples of this rank's share of some features, of which small ones cross together. */
  async #gatherSamples(
    numeric: readonly number[],
    batch: readonly SampleRange[],
  ): Promise<[number, Float32Array | Float64Array][]> {
    const environment = this.#environment;
    const { collective } = environment;
    const own: [number, Float32Array | Float64Array][] = [];
    for (const { from, to } of batch) {
      const seen = numeric.slice(from, to).map((f) => this.#seen[f] as Seen);
      const packed = packSamples(seen.map(({ chunks }) => chunks));
      for (const each of seen) each.chunks = [];
      const all = await environment.wait(collective.allgather(packed));
      const parts = all.map((bytes) => unpackSamples(bytes, to - from));
      for (let i = from; i < to; i++) {
        if (i % collective.size !== collective.rank) continue;
        const f = numeric[i] as number;
        const isFloat32 = this.#job.features[f]?.kind === 'f32';
        const samples = parts.map((samples) => samples[i - from] as Uint8Array);
        own.push([f, joinSamples(samples, isFloat32)]);
      }
    }
    return own;
  }

  /** Edges of all features, from what each rank found: feature, number of edges, edges. */
  async #gatherEdges(mine: readonly number[]): Promise<Float64Array[]> {
    const environment = this.#environment;
    const { collective } = environment;
    const packed = Float64Array.from(mine);
    const all = await environment.wait(collective.allgather(new Uint8Array(packed.buffer)));
    const edges: Float64Array[] = this.#job.features.map(() => new Float64Array(0));
    for (const part of all) {
      const words = new Float64Array(part.buffer, part.byteOffset, part.byteLength / 8);
      for (let at = 0; at < words.length; ) {
        const f = words[at] as number;
        const count = words[at + 1] as number;
        edges[f] = words.slice(at + 2, at + 2 + count);
        at += 2 + count;
      }
    }
    return edges;
  }

  async #mergeTexts(): Promise<string[][]> {
    const sources = this.#job.features;
    const hasCategories = sources.some((source) => source.kind === 'category');
    if (!hasCategories) return sources.map(() => []);
    const everyones = await gatherJson(
      this.#environment,
      this.#seen.map((seen) => [...seen.texts]),
    );
    return sources.map((source, f) =>
      source.kind === 'category'
        ? mergeCategories(
            everyones.map((lists) => lists[f] as string[]),
            source.name,
          )
        : [],
    );
  }
}

/** This rank's part of memory that is free. */
function shareOf(
  { address, bytes }: FreeMemory,
  { localIndex, numLocal }: Pick<RankEnvironment, 'localIndex' | 'numLocal'>,
): FreeMemory {
  const each = Math.floor(bytes / numLocal / 64) * 64;
  return { address: address + localIndex * each, bytes: each };
}

function edgesOf(
  sample: Float32Array | Float64Array,
  limits: BinLimits,
  given: readonly number[],
): Float64Array {
  const sorted = sortNumbers(sample);
  const { maxBins, isFloat32, numZeros } = limits;
  return given.length === 0
    ? numericEdges(sorted, maxBins, isFloat32, numZeros)
    : edgesWithGiven(sorted, given, limits);
}

/** True where the sample is every row of a wave. */
function coversAll(
  rows: Uint32Array,
  { firstRow, numRows }: Pick<Wave, 'firstRow' | 'numRows'>,
): boolean {
  return (
    rows.length === numRows && rows[0] === firstRow && rows[numRows - 1] === firstRow + numRows - 1
  );
}

/**
 * Rows whose hash falls under the rate; all of them when there are few.
 *
 * @param keys the random keys of the process's rows @param numTrain training rows of all ranks
 */
export function sampleRows(
  runs: RowRuns,
  keys: Uint32Array,
  job: IngestJob,
  numTrain: number,
): Uint32Array {
  const rate = numTrain === 0 ? 1 : Math.min(1, job.binSampleRows / numTrain);
  const threshold = Math.floor(rate * 4294967296);
  const rows = new Uint32Array(runs.numRows);
  let count = 0;
  for (let r = 0; r < runs.starts.length; r++) {
    const start = runs.starts[r] as number;
    const end = start + (runs.counts[r] as number);
    for (let row = start; row < end; row++) {
      if (rate >= 1 || hash32(job.seed, purposes.binSample, keys[row] as number) < threshold) {
        rows[count++] = row;
      }
    }
  }
  return rows.slice(0, count);
}
