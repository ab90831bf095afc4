/**
 * Reads and bins a table whose raw columns do not fit the budget, some columns of all rows at a time: where a source hands
 * out columns by themselves, each is decoded once. Waves of rows (raw-columns.ts) are decoded twice, for no row can be
 * binned before all of the sample is known.
 *
 *   for each group of columns: read it, find its bins, write them into the records
 *
 * Where a record's bins lie is known when all bins are (binned-layout.ts). Until then each group has bytes of its own, in
 * the order of the features and two for a category: for numbers that all can split that is where they stay. Else the
 * records are closed up at last.
 */
import { align } from '../../base/arena.ts';
import {
  type BinnedFeature,
  type BinnedLayout,
  layoutRecords,
} from '../../binning/binned-layout.ts';
import type { FeatureSource, IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { RowBinner } from './bin-rows.ts';
import type { RecordSpan } from './bin-sparse.ts';
import { BinFinder, sampleRows } from './find-bins.ts';
import { type ReadRows, scheduleAddress } from './prepare-rows.ts';
import type { FoundBins, LabelledRows } from './prepared-rows.ts';
import { makeWave, RawColumns } from './raw-columns.ts';
import { tableBytes } from './row-places.ts';

/** Records with their bins, and what these are. */
export interface BinnedColumns extends FoundBins {
  readonly layout: BinnedLayout;
}

/** Reads and bins the rows, a group of columns after the other. */
export async function binByColumns(
  environment: RankEnvironment,
  job: IngestJob,
  read: ReadRows,
  { groups, slotBytes }: { readonly groups: readonly number[][]; readonly slotBytes: number },
): Promise<BinnedColumns> {
  const { rows, places, placed } = read;
  const numRows = job.rowRange[1] - job.rowRange[0];
  const wave = makeWave(placed, 0, numRows);
  const size = { numRows, numSparse: wave.stretches.length };
  const jobs = groups.map((group) => jobOf(job, group));
  const rawEnd = align(places.raw + Math.max(...jobs.map((each) => RawColumns.bytes(each, size))));
  const sampleBytes = 16 * Math.min(rows.train.numAll, 2 * job.binSampleRows) + 16384;
  const free = { address: rawEnd, bytes: environment.numLocal * align(sampleBytes) };
  await environment.reserve(rawEnd + free.bytes, 'raw columns');
  const keys = environment.u32(places.roles.keys, numRows);
  const sampled = sampleRows(rows.trainRuns, keys, job, rows.train.numAll);
  const { offsets, stride } = planRecords(job.features, groups, slotBytes);

  const features: BinnedFeature[] = [];
  const hasMissing: boolean[] = [];
  const scratch = places.tables + environment.localIndex * tableBytes(job);
  for (const [g, group] of groups.entries()) {
    const part = jobs[g] as IngestJob;
    const raw = new RawColumns(environment, part, places.raw, size, scheduleAddress);
    await raw.load(wave, (done, total) =>
      environment.progress({
        phase: 'read',
        done: g * total + done,
        total: groups.length * total,
        message: 'blocks of columns',
      }),
    );
    const finder = new BinFinder(environment, part, rows.trainRuns, sampled);
    await finder.look(raw, wave);
    const found = await finder.finish(free);
    const layout = placeGroup(found, group, { offsets, stride, slotBytes });
    const span = spanOf(group, offsets, job.features);
    const binner = new RowBinner(environment, layout, scratch, tableBytes(job), span);
    const { train, validation, trainRuns, validationRuns } = rows;
    binner.bin(raw, wave, trainRuns, places.records + train.start * stride);
    binner.bin(raw, wave, validationRuns, places.records + validation.start * stride);
    for (const [i, f] of group.entries()) {
      features[f] = { ...(found.features[i] as BinnedFeature), index: f };
      hasMissing[f] = found.hasMissing[i] as boolean;
    }
  }
  environment.progress({ phase: 'bin', done: 1, total: 1, message: 'passes' });
  const layout = layoutRecords(features, hasMissing, slotBytes);
  closeUp(environment, rows, { records: places.records, layout, offsets, stride });
  return { features, hasMissing, layout };
}

/** The part of a job that reads some of its features. */
function jobOf(job: IngestJob, group: readonly number[]): IngestJob {
  const { binEdges } = job;
  return {
    ...job,
    features: group.map((f) => job.features[f] as FeatureSource),
    ...(binEdges === undefined ? {} : { binEdges: group.map((f) => binEdges[f] ?? []) }),
  };
}

function widthOf({ kind }: FeatureSource): 1 | 2 {
  return kind === 'category' ? 2 : 1;
}

/** Where each feature's bin lies until all are known, and from one record to the next: never less than in the end. */
function planRecords(
  features: readonly FeatureSource[],
  groups: readonly (readonly number[])[],
  slotBytes: number,
): { offsets: Int32Array; stride: number } {
  const offsets = new Int32Array(features.length);
  let end = 0;
  for (const f of groups.flat()) {
    offsets[f] = end;
    end += widthOf(features[f] as FeatureSource);
  }
  // bins of two bytes begin at even places
  const gap = end > features.length ? 1 : 0;
  return { offsets, stride: 8 * Math.ceil((end + gap + slotBytes) / 8) };
}

function spanOf(
  group: readonly number[],
  offsets: Int32Array,
  features: readonly FeatureSource[],
): RecordSpan {
  const last = group.at(-1) as number;
  return {
    from: offsets[group[0] as number] as number,
    to: (offsets[last] as number) + widthOf(features[last] as FeatureSource),
  };
}

/** The places of a group's features, which have their numbers in the group. */
function placeGroup(
  { features, hasMissing }: FoundBins,
  group: readonly number[],
  {
    offsets,
    stride,
    slotBytes,
  }: { readonly offsets: Int32Array; readonly stride: number; readonly slotBytes: number },
): BinnedLayout {
  const layout = layoutRecords(features, hasMissing, slotBytes);
  const places = layout.places.map((place) => ({
    ...place,
    offset: offsets[group[place.feature.index] as number] as number,
  }));
  return { ...layout, places, stride, slotOffset: stride - slotBytes };
}

/** Bytes that keep their order and their distances from where they are to where they go. */
interface Move {
  readonly from: number;
  readonly to: number;
  length: number;
}

/** Moves the bins to where the layout has them, unless they are there. */
function closeUp(
  environment: RankEnvironment,
  { train, validation, trainRuns, validationRuns }: LabelledRows,
  at: {
    readonly records: number;
    readonly layout: BinnedLayout;
    readonly offsets: Int32Array;
    readonly stride: number;
  },
): void {
  const { layout, offsets, stride, records } = at;
  const moves = movesOf(layout, offsets);
  if (layout.stride === stride && moves.every(({ from, to }) => from === to)) return;
  const blocks = [
    { start: train.start, count: trainRuns.numRows },
    { start: validation.start, count: validationRuns.numRows },
  ];
  for (const { start, count } of blocks) {
    const bytes = environment.u8(records + start * stride, count * stride);
    moveBins(bytes, stride, layout.stride, moves);
  }
  // the records of one rank after the other close up: what they go over has gone
  const { collective, localIndex, numLocal } = environment;
  collective.meetLocally();
  const all = environment.u8(records, (train.numProcess + validation.numProcess) * stride);
  for (const { start, count } of blocks) {
    for (let turn = 0; turn < numLocal; turn++) {
      const from = start * stride;
      if (turn === localIndex) {
        all.copyWithin(start * layout.stride, from, from + count * layout.stride);
      }
      collective.meetLocally();
    }
  }
}

function movesOf({ places }: BinnedLayout, offsets: Int32Array): Move[] {
  const moves: Move[] = [];
  for (const { feature, offset, width } of places) {
    const from = offsets[feature.index] as number;
    const last = moves.at(-1);
    if (last !== undefined && last.from + last.length === from && last.to + last.length === offset)
      last.length += width;
    else moves.push({ from, to: offset, length: width });
  }
  return moves;
}

/** Moves the bins of each record; the records get shorter and stay side by side. */
function moveBins(
  bytes: Uint8Array,
  stride: number,
  newStride: number,
  moves: readonly Move[],
): void {
  const record = new Uint8Array(stride);
  let to = 0;
  for (let start = 0; start < bytes.length; start += stride) {
    record.set(bytes.subarray(start, start + stride));
    for (const move of moves) {
      if (move.length > 16) {
        bytes.set(record.subarray(move.from, move.from + move.length), to + move.to);
        continue;
      }
      for (let i = 0; i < move.length; i++) {
        bytes[to + move.to + i] = record[move.from + i] as number;
      }
    }
    to += newStride;
  }
}
