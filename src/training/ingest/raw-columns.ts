/**
 * Decodes feature columns into shared memory, a wave of partitions at a time. A wave is as many partitions
 * as fit the budget; its work is dealt out as units (partition, some columns), so that one large row group
 * keeps every rank busy. When all rows fit one wave they are decoded once, else twice: for the sample, then
 * for the bins; the raw values are never all in memory.
 *
 *   column c of a wave:  address[c] + width[c] · (row − firstRow)      width 4 (float32, category code) or 8
 */
import { Arena } from '../../base/arena.ts';
import { columnOf, encodeCategories, fillRounded } from '../../table/columns/column-values.ts';
import { zerosAsMissing } from '../../table/columns/zeros-as-missing.ts';
import type { FeatureSource, IngestJob } from '../messages.ts';
import { gatherJson, type RankEnvironment } from '../rank-environment.ts';
import type { PlacedPartition } from './placed-partitions.ts';
import { readSlice } from './row-roles.ts';

/** Partitions that are decoded together. */
export interface Wave {
  readonly placed: readonly PlacedPartition[];
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
    if (first !== undefined)
      waves.push({ placed: open, firstRow: first.firstLocal, numRows: rows });
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

/** Bytes of a raw value. */
export function rawWidth(source: FeatureSource): 4 | 8 {
  return source.kind === 'f64' ? 8 : 4;
}

/** The values that a partition's category codes stand for, by `partition:feature`. */
export type CategoryLists = Map<string, readonly string[]>;

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
  #wave: Wave | null = null;
  lists: CategoryLists = new Map();

  /** @param schedule address of the word from which ranks draw units */
  constructor(
    environment: RankEnvironment,
    job: IngestJob,
    base: number,
    maxRows: number,
    schedule: number,
  ) {
    this.#environment = environment;
    this.#job = job;
    this.#schedule = schedule;
    const arena = new Arena(base);
    this.#addresses = job.features.map((source) => arena.allocate(rawWidth(source) * maxRows));
  }

  /** Bytes for a wave of so many rows. */
  static bytes(job: IngestJob, maxRows: number): number {
    return job.features.reduce((sum, source) => sum + rawWidth(source) * maxRows + 64, 0);
  }

  /** Address of a feature's value of a row of the process. */
  address(feature: number, row: number): number {
    const source = this.#job.features[feature] as FeatureSource;
    const wave = this.#wave as Wave;
    return (this.#addresses[feature] as number) + rawWidth(source) * (row - wave.firstRow);
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
    const numUnits = wave.placed.length * blocks.length;
    const found: FoundValues[] = [];
    for (;;) {
      const unit = Atomics.add(schedule, 0, 1);
      if (unit >= numUnits) break;
      environment.collective.checkAborted();
      const part = wave.placed[Math.floor(unit / blocks.length)] as PlacedPartition;
      found.push(...(await this.#decode(part, blocks[unit % blocks.length] as number[])));
      onUnit(unit + 1, numUnits);
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
    const wanted = Math.ceil((3 * this.#environment.numLocal) / wave.placed.length);
    const numBlocks = Math.max(1, Math.min(columns.length, wanted));
    const blocks: number[][] = Array.from({ length: numBlocks }, () => []);
    columns.forEach((features, i) => {
      blocks[Math.floor((i * numBlocks) / columns.length)]?.push(...features);
    });
    return blocks;
  }

  async #decode(part: PlacedPartition, features: readonly number[]): Promise<FoundValues[]> {
    const environment = this.#environment;
    const sources = this.#job.features;
    const columns = features.map((f) => sources[f]?.path as readonly string[]);
    const batch = await readSlice(part, columns, true);
    const found: FoundValues[] = [];
    for (const f of features) {
      const source = sources[f] as FeatureSource;
      const vector = columnOf(batch, source.path);
      const address = this.address(f, part.firstLocal);
      if (source.kind === 'category') {
        const values = encodeCategories(vector, environment.i32(address, part.count), 0);
        found.push({ key: `${part.index}:${f}`, values });
        continue;
      }
      const values =
        source.kind === 'f32'
          ? environment.f32(address, part.count)
          : environment.f64(address, part.count);
      fillRounded(vector, values, 0, source.name);
      if (source.zeroIsMissing === true) zerosAsMissing(values);
    }
    return found;
  }
}
