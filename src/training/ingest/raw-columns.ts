/**
 * Decodes feature columns into shared memory, a wave of partitions at a time. A wave is as many partitions
 * as fit the budget; its work is dealt out as units (partition, some columns), so that one large row group
 * keeps every rank busy. When all rows fit one wave they are decoded once, else twice: for the sample, then
 * for the bins (or some columns of all rows at a time, bin-by-columns.ts); the raw values are never all in memory.
 *
 *   column c of a wave:  address[c] + width[c] · (row − firstRow)      width 4 (float32, category code) or 8
 *
 * Where most numbers of a column of a stretch of partitions are alike, only the others lie there (columns/sparse-numbers.ts); a byte
 * for each stretch of a wave and feature tells which.
 */
import { Arena } from '../../base/arena.ts';
import {
  columnOf,
  encodeCategories,
  fillRounded,
  type NumericArray,
} from '../../table/columns/column-values.ts';
import {
  readSparse,
  type SparseNumbers,
  sparseZerosAsMissing,
} from '../../table/columns/sparse-numbers.ts';
import { zerosAsMissing } from '../../table/columns/zeros-as-missing.ts';
import { forms, type WantedNumbers } from '../../table/files/sources.ts';
import type { PartitionSpec } from '../../table/plan/partition-spec.ts';
import { encodePartition, fillPartition, joinPartitions } from '../../table/plan/read-partition.ts';
import type { FeatureSource, IngestJob } from '../messages.ts';
import { gatherJson, type RankEnvironment } from '../rank-environment.ts';
import type { PlacedPartition } from './placed-partitions.ts';
import type { CategoryLists } from './prepared-rows.ts';
import { readSlice } from './row-roles.ts';

/** Partitions that are decoded together. */
export interface Wave {
  readonly placed: readonly PlacedPartition[];
  readonly firstRow: number;
  readonly numRows: number;
  /** All of them, in their order. */
  readonly stretches: readonly Stretch[];
}

/** Partitions of one row group, one behind the other: their numbers are read together where that needs no Arrow objects. */
export interface Stretch {
  readonly placed: readonly PlacedPartition[];
  readonly spec: PartitionSpec;
  /** The process's rows [firstRow, firstRow + numRows). */
  readonly firstRow: number;
  readonly numRows: number;
}

/** Cuts the process's partitions into waves of at most so many bytes (one partition at least). */
export function cutWaves(
  placed: readonly PlacedPartition[],
  rowBytes: number,
  maxBytes: number,
): Wave[] {
  const waves: Wave[] = [];
  let open: PlacedPartition[] = [];
  let rows = 0;
  const close = (): void => {
    const first = open[0];
    if (first !== undefined) waves.push(makeWave(open, first.firstLocal, rows));
    open = [];
    rows = 0;
  };
  for (const part of placed) {
    if (open.length > 0 && (rows + part.count) * rowBytes > maxBytes) close();
    open.push(part);
    rows += part.count;
  }
  close();
  return waves;
}

/** A wave of partitions, one behind the other. */
export function makeWave(
  placed: readonly PlacedPartition[],
  firstRow: number,
  numRows: number,
): Wave {
  const stretches: Stretch[] = [];
  for (const part of placed) {
    const last = stretches.at(-1);
    const next = part.partition.spec;
    const spec = last === undefined || part.skip > 0 ? null : joinPartitions(last.spec, next);
    const isWhole = last?.placed.every(({ partition, count }) => count === partition.numRows);
    if (last !== undefined && spec !== null && isWhole === true) {
      const joined = { spec, placed: [...last.placed, part], numRows: last.numRows + part.count };
      stretches[stretches.length - 1] = { ...last, ...joined };
    } else {
      const { firstLocal, count } = part;
      stretches.push({ placed: [part], spec: next, firstRow: firstLocal, numRows: count });
    }
  }
  return { placed, firstRow, numRows, stretches };
}

/** The most that a wave has. */
export interface WaveSize {
  readonly numRows: number;
  /** Stretches of which columns may be sparse; 0 where all are to lie value by value. */
  readonly numSparse?: number;
}

/** Bytes of a raw value. */
export function rawWidth(source: FeatureSource): 4 | 8 {
  return source.kind === 'f64' ? 8 : 4;
}

interface FoundValues {
  readonly key: string;
  readonly values: readonly string[];
}

/** The raw columns of one wave in shared memory. */
export class RawColumns {
  readonly #environment: RankEnvironment;
  readonly #job: IngestJob;
  readonly #addresses: readonly number[];
  readonly #schedule: number;
  /** Address of a byte for each stretch of a wave and feature, 0 where all columns lie value by value. */
  readonly #forms: number;
  #wave: Wave | null = null;
  lists: CategoryLists = new Map();

  /**
   * @param most rows of a wave, and stretches of a wave where columns may be sparse
   * @param schedule address of the word from which ranks draw units
   */
  constructor(
    environment: RankEnvironment,
    job: IngestJob,
    base: number,
    most: WaveSize,
    schedule: number,
  ) {
    this.#environment = environment;
    this.#job = job;
    this.#schedule = schedule;
    const arena = new Arena(base);
    this.#addresses = job.features.map((source) => arena.allocate(rawWidth(source) * most.numRows));
    const { numSparse = 0 } = most;
    this.#forms = numSparse === 0 ? 0 : arena.allocate(numSparse * job.features.length);
  }

  /** Bytes for such a wave. */
  static bytes(job: IngestJob, { numRows, numSparse = 0 }: WaveSize): number {
    const forms = numSparse * job.features.length + 64;
    return job.features.reduce((sum, source) => sum + rawWidth(source) * numRows + 64, forms);
  }

  /** The numbers of a feature in a stretch of the wave, where only those that differ lie there; else null. */
  sparse(stretch: number, feature: number): SparseNumbers | null {
    if (!this.isSparse(stretch, feature)) return null;
    const { stretches } = this.#wave as Wave;
    const { firstRow, numRows } = stretches[stretch] as Stretch;
    return readSparse(this.numbers(feature, firstRow, numRows));
  }

  /** True where only the numbers of a feature that differ lie there, of a stretch of the wave. */
  isSparse(stretch: number, feature: number): boolean {
    if (this.#forms === 0) return false;
    const place = this.#forms + stretch * this.#addresses.length + feature;
    return this.#environment.u8(place, 1)[0] === forms.sparse;
  }

  /** True where a column of the wave is sparse. */
  hasSparse(): boolean {
    if (this.#forms === 0) return false;
    const length = (this.#wave?.stretches.length ?? 0) * this.#addresses.length;
    return this.#environment.u8(this.#forms, length).includes(forms.sparse);
  }

  /** Address of a feature's value of a row of the process. */
  address(feature: number, row: number): number {
    const source = this.#job.features[feature] as FeatureSource;
    const wave = this.#wave as Wave;
    return (this.#addresses[feature] as number) + rawWidth(source) * (row - wave.firstRow);
  }

  /** The wave that lies there, which another thread has decoded. */
  takeOver(wave: Wave, lists: CategoryLists): void {
    this.#wave = wave;
    this.lists = lists;
  }

  /** Decodes a wave; returns when every rank's columns are there. Already loaded waves cost nothing. */
  async load(wave: Wave, onUnit: (done: number, total: number) => void): Promise<void> {
    if (this.#wave === wave) return;
    const environment = this.#environment;
    this.#wave = wave;
    const schedule = environment.i32(this.#schedule, 1);
    await environment.wait(environment.collective.barrier());
    if (environment.localIndex === 0) Atomics.store(schedule, 0, 0);
    await environment.wait(environment.collective.barrier());
    const blocks = this.#columnBlocks(wave);
    const numUnits = wave.stretches.length * blocks.length;
    const found: FoundValues[] = [];
    for (;;) {
      const unit = Atomics.add(schedule, 0, 1);
      if (unit >= numUnits) break;
      environment.collective.checkAborted();
      const stretch = Math.floor(unit / blocks.length);
      const features = blocks[unit % blocks.length] as number[];
      const rest = await this.#fill(wave.stretches[stretch] as Stretch, stretch, features);
      for (const part of rest.length === 0 ? [] : (wave.stretches[stretch] as Stretch).placed) {
        const coded = await this.#encode(part, rest);
        found.push(...coded.values());
        const left = rest.filter((f) => !coded.has(f));
        if (left.length > 0) found.push(...(await this.#decode(part, left)));
      }
      onUnit(unit + 1, numUnits);
      await environment.wait(environment.breathe());
    }
    await environment.wait(environment.collective.barrier());
    this.lists = new Map();
    if (!this.#job.features.some((source) => source.kind === 'category')) return;
    const everyones = await gatherJson(environment, found);
    for (const rank of environment.collective.localRanks) {
      for (const { key, values } of everyones[rank] as FoundValues[]) this.lists.set(key, values);
    }
  }

  /** Feature positions, in groups that one unit decodes. */
  #columnBlocks(wave: Wave): number[][] {
    const byColumn = new Map<string, number[]>();
    this.#job.features.forEach((source, f) => {
      // elements of one list are decoded together, children of a struct apart
      const [name, child] = source.path;
      const column =
        child === undefined || /^\d+$/.test(child) ? (name as string) : source.path.join('\n');
      byColumn.set(column, [...(byColumn.get(column) ?? []), f]);
    });
    const columns = [...byColumn.values()];
    const wanted = Math.ceil((3 * this.#environment.numLocal) / wave.stretches.length);
    const numBlocks = Math.max(1, Math.min(columns.length, wanted));
    const blocks: number[][] = Array.from({ length: numBlocks }, () => []);
    columns.forEach((features, i) => {
      blocks[Math.floor((i * numBlocks) / columns.length)]?.push(...features);
    });
    return blocks;
  }

  /** Writes the codes of categories that need no Arrow objects; the values of these features. */
  async #encode(
    { partition: { spec }, index, skip, count, firstLocal }: PlacedPartition,
    features: readonly number[],
  ): Promise<ReadonlyMap<number, FoundValues>> {
    const sources = this.#job.features;
    const texts = features.filter((f) => isOwnCategory(sources[f] as FeatureSource));
    const wanted = texts.map((f) => ({
      name: sources[f]?.path[0] as string,
      out: this.#environment.i32(this.address(f, firstLocal), count),
    }));
    const found = await encodePartition(spec, wanted, { start: skip, end: skip + count });
    const coded = new Map<number, FoundValues>();
    for (const [i, values] of found.entries()) {
      const f = texts[i] as number;
      if (values !== null) coded.set(f, { key: `${index}:${f}`, values });
    }
    return coded;
  }

  async #decode(part: PlacedPartition, features: readonly number[]): Promise<FoundValues[]> {
    const environment = this.#environment;
    const sources = this.#job.features;
    const columns = features.map((f) => sources[f]?.path as readonly string[]);
    const batch = await readSlice(this.#job, part, columns, true);
    const found: FoundValues[] = [];
    for (const f of features) {
      const source = sources[f] as FeatureSource;
      const vector = columnOf(batch, source.path);
      if (source.kind === 'category') {
        const codes = environment.i32(this.address(f, part.firstLocal), part.count);
        const values = encodeCategories(vector, codes, 0);
        found.push({ key: `${part.index}:${f}`, values });
        continue;
      }
      const values = this.numbers(f, part.firstLocal, part.count);
      if (fillRounded(vector, values, 0, source.name)) environment.roundedColumns.add(source.name);
      if (source.zeroIsMissing === true) zerosAsMissing(values);
    }
    return found;
  }

  /** Reads the numbers that need no Arrow objects; the features that are left. */
  async #fill(
    { placed, spec, firstRow, numRows }: Stretch,
    index: number,
    features: readonly number[],
  ): Promise<readonly number[]> {
    const sources = this.#job.features;
    const own = features.filter((f) => isOwnColumn(sources[f] as FeatureSource));
    const wanted = own.map((f): WantedNumbers => {
      const { path } = sources[f] as FeatureSource;
      const out = this.numbers(f, firstRow, numRows);
      return { name: path[0] as string, out, mayBeSparse: this.#forms !== 0 };
    });
    const start = placed[0]?.skip ?? 0;
    const found = await fillPartition(spec, wanted, { start, end: start + numRows });
    const done = new Set<number>();
    const marks =
      this.#forms === 0
        ? new Uint8Array(sources.length)
        : this.#environment.u8(this.#forms + index * sources.length, sources.length);
    for (const f of features) marks[f] = forms.none;
    for (const [i, f] of own.entries()) {
      const form = found[i] as number;
      marks[f] = form;
      if (form === forms.none) continue;
      done.add(f);
      const { out } = wanted[i] as WantedNumbers;
      if (sources[f]?.zeroIsMissing !== true) continue;
      if (form === forms.dense) zerosAsMissing(out);
      else sparseZerosAsMissing(out);
    }
    return done.size === 0 ? features : features.filter((f) => !done.has(f));
  }

  /** The memory of some rows of a feature of numbers. */
  numbers(feature: number, row: number, count: number): NumericArray {
    const address = this.address(feature, row);
    return this.#job.features[feature]?.kind === 'f32'
      ? this.#environment.f32(address, count)
      : this.#environment.f64(address, count);
  }
}

function isOwnCategory({ kind, path }: FeatureSource): boolean {
  return kind === 'category' && path.length === 1;
}

/** A column of numbers by itself. */
function isOwnColumn({ kind, path }: FeatureSource): boolean {
  return kind !== 'category' && path.length === 1;
}
