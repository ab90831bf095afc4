/**
 * Writes each rank's rows as records of bins, block by block and feature by feature, straight from the raw
 * columns. A block of 1,024 records stays in the cache while its features are filled in.
 */

import { CoppiceError } from '../../base/errors.ts';
import type { BinnedLayout, FeaturePlace } from '../../binning/binned-layout.ts';
import type { SparseNumbers } from '../../table/columns/sparse-numbers.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { binSparse, type RecordSpan } from './bin-sparse.ts';
import type { RawColumns, Wave } from './raw-columns.ts';
import type { RowRuns } from './shard-rows.ts';

/** A feature's search table in memory. */
interface EdgeTable {
  readonly place: FeaturePlace;
  readonly address: number;
  /** Half of the table's size, a power of two: the first step of the search. */
  readonly topStep: number;
}

/** Bytes of the search tables of one rank, with room for a table of category codes. */
export function binTableBytes(numFeatures: number, maxCodes: number): number {
  return numFeatures * 2112 + 2 * maxCodes + 256;
}

/** Bins rows with tables at a scratch address of this rank. */
export class RowBinner {
  readonly #environment: RankEnvironment;
  readonly #layout: BinnedLayout;
  readonly #tables: readonly EdgeTable[];
  readonly #codes: number;
  readonly #scratchEnd: number;
  readonly #binOf = new Map<number, Map<string, number>>();
  readonly #span: RecordSpan;

  /** @param span what may be written of a record: the places of other features than the layout's are not to be */
  constructor(
    environment: RankEnvironment,
    layout: BinnedLayout,
    scratch: number,
    scratchBytes: number,
    span: RecordSpan = { from: 0, to: layout.stride },
  ) {
    this.#span = span;
    this.#environment = environment;
    this.#layout = layout;
    this.#scratchEnd = scratch + scratchBytes;
    let at = scratch;
    this.#tables = layout.places.map((place) => {
      const table = this.#writeEdges(place, at);
      at += 2112;
      return table;
    });
    this.#codes = at;
    for (const { feature } of layout.places) {
      if (feature.kind === 'category') {
        this.#binOf.set(
          feature.index,
          new Map(feature.categories.map((value, bin) => [value, bin])),
        );
      }
    }
  }

  /** Writes the records of a rank's runs that lie in a loaded wave; record 0 of the runs is at `records`. */
  bin(raw: RawColumns, wave: Wave, runs: RowRuns, records: number): void {
    if (runs.numRows === 0) return;
    const numeric = this.#tables.filter(({ place }) => place.feature.kind === 'numeric');
    if (raw.hasSparse()) {
      for (const [i, range] of wave.stretches.entries()) {
        const isSparse = ({ place }: EdgeTable): boolean => raw.isSparse(i, place.feature.index);
        const sparse = numeric.filter(isSparse).map(({ place }) => ({
          place,
          numbers: raw.sparse(i, place.feature.index) as SparseNumbers,
        }));
        if (sparse.length > 0) {
          const target = { range, runs, records, span: this.#span };
          binSparse(this.#environment, this.#layout, sparse, target);
        }
        const others = numeric.filter((table) => !isSparse(table));
        this.#binRange(raw, others, range, runs, records);
      }
    } else this.#binRange(raw, numeric, wave, runs, records);
    for (const { place } of this.#tables) {
      if (place.feature.kind === 'category') this.#binCategory(raw, wave, runs, place, records);
    }
  }

  #binRange(
    raw: RawColumns,
    tables: readonly EdgeTable[],
    { firstRow, numRows }: Pick<Wave, 'firstRow' | 'numRows'>,
    runs: RowRuns,
    records: number,
  ): void {
    const end = firstRow + numRows;
    let done = 0;
    for (let r = 0; r < runs.starts.length; r++) {
      const start = runs.starts[r] as number;
      const count = runs.counts[r] as number;
      const from = Math.max(start, firstRow);
      const to = Math.min(start + count, end);
      if (from < to) {
        const target = records + (done + from - start) * this.#layout.stride;
        for (const table of tables) this.#binNumbers(raw, table, from, to, target);
      }
      done += count;
      if ((r & 63) === 0) this.#environment.collective.checkAborted();
    }
  }

  #binNumbers(raw: RawColumns, table: EdgeTable, from: number, to: number, target: number): void {
    const { kernels } = this.#environment;
    const { place } = table;
    const values = raw.address(place.feature.index, from);
    const out = target + place.offset;
    const stride = this.#layout.stride;
    if (!place.feature.isFloat32) {
      kernels.binF64(
        values,
        to - from,
        table.address,
        table.topStep,
        out,
        stride,
        place.missingEntry,
      );
    } else if (table.topStep === 128) {
      kernels.binF32Full(values, to - from, table.address, out, stride, place.missingEntry);
    } else {
      kernels.binF32(
        values,
        to - from,
        table.address,
        table.topStep,
        out,
        stride,
        place.missingEntry,
      );
    }
  }

  /** Category codes mean something else in each partition: one table a partition. */
  #binCategory(
    raw: RawColumns,
    wave: Wave,
    runs: RowRuns,
    place: FeaturePlace,
    records: number,
  ): void {
    const { kernels, collective } = this.#environment;
    const { feature } = place;
    const binOf = this.#binOf.get(feature.index) as Map<string, number>;
    for (const part of wave.placed) {
      collective.checkAborted();
      const values = raw.lists.get(`${part.index}:${feature.index}`) ?? [];
      if (this.#codes + 2 * values.length > this.#scratchEnd) {
        throw new CoppiceError(
          'DATA_INVALID',
          `the number of values of category column ${feature.name} in one partition must be at most ${Math.floor((this.#scratchEnd - this.#codes) / 2)}; got ${values.length}; leave the column out or group its rare values`,
          { context: { column: feature.name, partition: part.index } },
        );
      }
      const table = new Uint16Array(this.#environment.memory.buffer, this.#codes, values.length);
      values.forEach((value, code) => {
        table[code] = binOf.get(value) ?? place.unseenEntry;
      });
      const partEnd = part.firstLocal + part.count;
      let done = 0;
      for (let r = 0; r < runs.starts.length; r++) {
        const start = runs.starts[r] as number;
        const count = runs.counts[r] as number;
        const from = Math.max(start, part.firstLocal);
        const to = Math.min(start + count, partEnd);
        if (from < to) {
          const target = records + (done + from - start) * this.#layout.stride + place.offset;
          kernels.binCodes(
            raw.address(feature.index, from),
            to - from,
            this.#codes,
            target,
            this.#layout.stride,
            place.missingEntry,
            place.width,
          );
        }
        done += count;
      }
    }
  }

  #writeEdges(place: FeaturePlace, address: number): EdgeTable {
    const edges = place.feature.edges;
    let size = 1;
    while (size - 1 < edges.length) size *= 2;
    const topStep = Math.max(1, size / 2);
    const padded = place.feature.isFloat32
      ? this.#environment.f32(address, 256)
      : this.#environment.f64(address, 256);
    padded.fill(Number.POSITIVE_INFINITY);
    padded.set(edges);
    return { place, address, topStep };
  }
}
