/**
 * Finds the bins of every feature: edges from the rows whose hash falls under the sampling rate, category
 * values from every row that trains. Both are the same for any partitioning and any number of ranks.
 */

import { hash32, purposes } from '../../base/rng.ts';
import { numericEdges } from '../../binning/bin-edges.ts';
import type { BinnedFeature } from '../../binning/binned-layout.ts';
import { mergeCategories } from '../../binning/category-dictionary.ts';
import { sortNumbers } from '../../binning/sort-numbers.ts';
import type { FeatureSource, IngestJob } from '../messages.ts';
import { gatherJson, type RankEnvironment } from '../rank-environment.ts';
import type { RawColumns, Wave } from './raw-columns.ts';
import type { RowRuns } from './shard-rows.ts';

/** Features whose samples the ranks gather before they sort. */
const featuresAtOnce = 32;

/** Features with their bins, and whether each has missing values among the rows looked at. */
export interface FoundBins {
  readonly features: readonly BinnedFeature[];
  readonly hasMissing: readonly boolean[];
}

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

/** Collects what the bins are made of, wave by wave, and then makes them. */
export class BinFinder {
  readonly #environment: RankEnvironment;
  readonly #job: IngestJob;
  readonly #runs: RowRuns;
  readonly #sampled: Uint32Array;
  readonly #seen: Seen[];
  readonly #scratch32: Float32Array;
  readonly #scratch64: Float64Array;

  /** @param keys the random keys of the process's rows @param numTrain training rows of all ranks */
  constructor(
    environment: RankEnvironment,
    job: IngestJob,
    runs: RowRuns,
    keys: Uint32Array,
    numTrain: number,
  ) {
    this.#environment = environment;
    this.#job = job;
    this.#runs = runs;
    this.#sampled = sampleRows(runs, keys, job, numTrain);
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
  look(raw: RawColumns, wave: Wave): void {
    this.#job.features.forEach((source, f) => {
      if (source.kind === 'category') this.#lookAtCategory(raw, wave, f);
      else this.#lookAtNumbers(raw, wave, source, f);
    });
  }

  /** Meets the other ranks; every rank gets the same bins. */
  async finish(): Promise<FoundBins> {
    const sources = this.#job.features;
    const missing = await gatherJson(
      this.#environment,
      this.#seen.map((seen) => seen.hasMissing),
    );
    const edges = await this.#findEdges();
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

  #lookAtNumbers(raw: RawColumns, wave: Wave, source: FeatureSource, f: number): void {
    const environment = this.#environment;
    const address = raw.address(f, wave.firstRow);
    const values =
      source.kind === 'f32'
        ? environment.f32(address, wave.numRows)
        : environment.f64(address, wave.numRows);
    const seen = this.#seen[f] as Seen;
    const rows = this.#sampled;
    const chunk = source.kind === 'f32' ? this.#scratch32 : this.#scratch64;
    let count = 0;
    let numZeros = 0;
    const end = wave.firstRow + wave.numRows;
    if (coversAll(rows, wave) && !values.includes(0) && !values.includes(Number.NaN)) {
      seen.chunks.push(values.slice());
      return;
    }
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (row < wave.firstRow || row >= end) continue;
      const value = values[row - wave.firstRow] as number;
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
  async #findEdges(): Promise<Float64Array[]> {
    const { collective } = this.#environment;
    const numeric = this.#job.features.flatMap((source, f) =>
      source.kind === 'category' ? [] : [f],
    );
    const mine: number[] = [];
    const zeros = BigInt64Array.from(this.#seen, ({ numZeros }) => BigInt(numZeros));
    await this.#environment.wait(collective.allreduce(zeros, 'sum'));
    // samples of a few features at a time are in memory; nobody waits while another sorts
    const batch = collective.size * Math.max(1, Math.floor(featuresAtOnce / collective.size));
    for (let from = 0; from < numeric.length; from += batch) {
      const samples = await this.#gatherSamples(numeric.slice(from, from + batch));
      for (const [f, sample] of samples) {
        collective.checkAborted();
        const isFloat32 = this.#job.features[f]?.kind === 'f32';
        const sorted = sortNumbers(sample);
        const edges = numericEdges(sorted, this.#job.maxBins, isFloat32, Number(zeros[f]));
        mine.push(f, edges.length, ...edges);
      }
    }
    return await this.#gatherEdges(mine);
  }

  /** The whole samples of this rank's share of some features. */
  async #gatherSamples(
    features: readonly number[],
  ): Promise<[number, Float32Array | Float64Array][]> {
    const environment = this.#environment;
    const { collective } = environment;
    const own: [number, Float32Array | Float64Array][] = [];
    for (const [i, f] of features.entries()) {
      const isFloat32 = this.#job.features[f]?.kind === 'f32';
      const seen = this.#seen[f] as Seen;
      const joined = joinChunks(seen.chunks, isFloat32);
      seen.chunks = [];
      const bytes = new Uint8Array(joined.buffer, joined.byteOffset, joined.byteLength);
      const all = await environment.wait(collective.allgather(bytes));
      if (i % collective.size !== collective.rank) continue;
      const parts = all.map((part) =>
        isFloat32
          ? new Float32Array(part.buffer, part.byteOffset, part.byteLength / 4)
          : new Float64Array(part.buffer, part.byteOffset, part.byteLength / 8),
      );
      own.push([f, joinChunks(parts, isFloat32)]);
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

/** True where the sample is every row of a wave. */
function coversAll(rows: Uint32Array, { firstRow, numRows }: Wave): boolean {
  return (
    rows.length === numRows && rows[0] === firstRow && rows[numRows - 1] === firstRow + numRows - 1
  );
}

/** Rows whose hash falls under the rate; all of them when there are few. */
function sampleRows(
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

function joinChunks(
  chunks: readonly (Float32Array | Float64Array)[],
  isFloat32: boolean,
): Float32Array | Float64Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const joined = isFloat32 ? new Float32Array(length) : new Float64Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
