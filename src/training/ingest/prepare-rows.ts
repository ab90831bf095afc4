/**
 * The first half of {@link ingest}: from partitions to rows that are read and dealt to the ranks, with bins found. It is
 * one function wherever it runs: in each rank, or of a small file in the calling thread while the rank's is starting
 * (begin-here.ts), which then takes over what lies in memory.
 */
import { Arena } from '../../base/arena.ts';
import { CoppiceError } from '../../base/errors.ts';
import { maxCategoryValues } from '../../binning/category-dictionary.ts';
import type { ClassValue, IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { binTableBytes } from './bin-rows.ts';
import { weighClasses } from './class-weights.ts';
import { dealRows, type RankRows } from './deal-rows.ts';
import { BinFinder, type FoundBins, givenBins } from './find-bins.ts';
import { numbersOfRow } from './keep-numbers.ts';
import { otherColumns } from './other-numbers.ts';
import { type PlacedPartition, placePartitions } from './placed-partitions.ts';
import {
  type CategoryLists,
  cutWaves,
  makeWave,
  RawColumns,
  rawWidth,
  type Wave,
  type WaveSize,
} from './raw-columns.ts';
import { marginPaths } from './read-offsets.ts';
import { type RoleAddresses, readRoles, rowState } from './row-roles.ts';
import { joinRuns, type RowRuns, runsOf } from './shard-rows.ts';

/** This rank's rows of one set of validation rows. */
export interface ValidationSet {
  readonly name: string;
  readonly start: number;
  readonly count: number;
}

/** Rows in shared memory whose labels are known and that are dealt to the ranks. */
export interface LabelledRows {
  readonly classes: readonly ClassValue[];
  readonly train: RankRows;
  /** Validation rows; their numbers go on behind the training rows of the process. */
  readonly validation: RankRows;
  /** The sets that they fall into, behind one another. */
  readonly validationSets: readonly ValidationSet[];
  /** Where this rank's rows stood among the process's rows as they were read. */
  readonly trainRuns: RowRuns;
  readonly validationRuns: RowRuns;
  readonly labels: number;
  /** Addresses of further numbers: labels that are learned with the first, latest times of events, or places. */
  readonly otherLabels: readonly number[];
  /** 0 without weights. */
  readonly weights: number;
  /** Addresses of the margins that scores begin with, one an output; empty without. */
  readonly offsets: readonly number[];
  /** Addresses of what an initial model's trees give each row, one an output; empty without. */
  readonly initialScores: readonly number[];
  /** uint32[2] a row: the group's 64 bits, the low word first; 0 without groups. */
  readonly groups: number;
  /** uint32 a row: where it stood among the process's rows as they were read; 0 without groups. */
  readonly positions: number;
  readonly keys: number;
}

/** What of prepared rows crosses threads; the values lie in shared memory. */
export interface PreparedRows {
  readonly rows: LabelledRows;
  readonly bins: FoundBins;
  /** Addresses of the binner's tables, of the records, of numbers beside them (0: none), of the raw columns. */
  readonly places: {
    readonly tables: number;
    readonly records: number;
    readonly numbers: number;
    readonly raw: number;
  };
  /** Of the wave that was decoded last. */
  readonly lists: CategoryLists;
}

/** Prepared rows where they were prepared or taken over. */
export interface DecodedRows {
  readonly prepared: PreparedRows;
  readonly raw: RawColumns;
  readonly waves: readonly Wave[];
}

/** The word from which ranks draw units of work, in the fixed part of memory. */
const scheduleAddress = 1024;

/** Reads and deals out the rows, and finds the bins. */
export async function prepareRows(
  environment: RankEnvironment,
  job: IngestJob,
): Promise<DecodedRows> {
  const numRows = job.rowRange[1] - job.rowRange[0];
  const placed = placePartitions(job);
  const arena = new Arena(4096);
  const labels = arena.allocate(8 * numRows);
  const otherCols = otherColumns(job);
  const otherLabels = otherCols.map(() => arena.allocate(8 * numRows));
  const hasWeights = job.weightCol !== null || job.classWeighting !== null;
  const weights = hasWeights ? arena.allocate(8 * numRows) : 0;
  const margins = marginPaths(job).map(() => arena.allocate(8 * numRows));
  const groups = job.groupCol === null ? 0 : arena.allocate(8 * numRows);
  const positions = job.groupCol === null ? 0 : arena.allocate(4 * numRows);
  const keys = arena.allocate(4 * numRows);
  const tables = arena.allocate(environment.numLocal * tableBytes(job));
  const records = arena.allocate(strideBound(job) * numRows);
  const numbers =
    job.keepsNumbers === true ? arena.allocate(8 * numRows * numbersOfRow(job.features)) : 0;
  const overlay = new Arena(arena.top);
  const roles: RoleAddresses = {
    labels: overlay.allocate(8 * numRows),
    otherLabels: otherCols.map(() => overlay.allocate(8 * numRows)),
    weights: overlay.allocate(job.weightCol === null ? 0 : 8 * numRows),
    keys: overlay.allocate(4 * numRows),
    states: overlay.allocate(numRows),
    offsets: margins.map(() => overlay.allocate(8 * numRows)),
    groups: overlay.allocate(job.groupCol === null ? 0 : 8 * numRows),
  };
  await environment.reserve(overlay.top, 'rows');
  environment.progress({ phase: 'read', done: 0, total: 1, message: 'blocks of columns' });
  const classes = await readRoles(environment, job, placed, roles);
  await environment.wait(environment.collective.barrier());

  const states = environment.u8(roles.states, numRows);
  const spared = job.sparesFirst === true && environment.numLocal > 1 ? 1 : 0;
  const dealtTo = environment.localIndex - spared;
  const numDealt = environment.numLocal - spared;
  const trainRuns = runsOf(states, rowState.train, dealtTo, numDealt);
  const setRuns = job.validationSets.map((_, set) =>
    runsOf(states, rowState.validate + set, dealtTo, numDealt),
  );
  const validationRuns = joinRuns(setRuns);
  const dealt = await dealRows(environment, trainRuns.numRows, validationRuns.numRows);
  const { train, validation } = dealt;
  let firstOfSet = validation.start;
  const validationSets = job.validationSets.map((name, set): ValidationSet => {
    const start = firstOfSet;
    const count = setRuns[set]?.numRows ?? 0;
    firstOfSet += count;
    return { name, start, count };
  });
  if (train.numAll === 0) throw nothingToLearn(job, validation.numAll);
  if (job.validationCol !== null && validation.numAll === 0) throw nothingMarked(job);
  for (const [runs, start] of [
    [trainRuns, train.start],
    [validationRuns, validation.start],
  ] as const) {
    const copy = (from: number, to: number): void =>
      copyRuns(environment.f64(from, numRows), environment.f64(to, numRows), runs, start);
    copy(roles.labels, labels);
    otherLabels.forEach((to, k) => {
      copy(roles.otherLabels[k] as number, to);
    });
    copyRuns(environment.u32(roles.keys, numRows), environment.u32(keys, numRows), runs, start);
    if (groups !== 0) {
      copy(roles.groups, groups);
      writePositions(environment.u32(positions + 4 * start, runs.numRows), runs);
    }
    if (job.weightCol !== null) copy(roles.weights, weights);
    else if (weights !== 0) environment.f64(weights + 8 * start, runs.numRows).fill(1);
    margins.forEach((to, k) => {
      copy(roles.offsets[k] as number, to);
    });
  }

  await weighClasses(environment, job, classes, { labels, weights, train, validation });
  const waves = await alignWaves(environment, wavesOf(job, placed), numRows);
  const size = waveSize(job, waves);
  await environment.reserve(overlay.top + RawColumns.bytes(job, size), 'raw columns');
  const raw = new RawColumns(environment, job, overlay.top, size, scheduleAddress);
  const finder =
    job.givenBins === undefined
      ? new BinFinder(
          environment,
          job,
          trainRuns,
          environment.u32(roles.keys, numRows),
          train.numAll,
        )
      : null;
  for (const wave of finder === null ? [] : waves) {
    await raw.load(wave, (done, total) =>
      environment.progress({ phase: 'read', done, total, message: 'blocks of columns' }),
    );
    await finder?.look(raw, wave);
  }
  // records and numbers are not written yet, roles no longer read
  const free = { address: records, bytes: overlay.top - records };
  const bins = finder === null ? givenBins(job) : await finder.finish(free);
  const runs = { trainRuns, validationRuns };
  const offsets = margins.slice(0, job.offsets.length);
  const initialScores = margins.slice(job.offsets.length);
  const columns = { labels, otherLabels, weights, offsets, initialScores, groups, positions, keys };
  const rows = { classes, train, validation, validationSets, ...columns, ...runs };
  const places = { tables, records, numbers, raw: overlay.top };
  return { prepared: { rows, bins, places, lists: raw.lists }, raw, waves };
}

/** Rows that another thread of the process prepared for this one rank. */
export function takeOver(
  environment: RankEnvironment,
  job: IngestJob,
  prepared: PreparedRows,
): DecodedRows {
  const waves = wavesOf(job, placePartitions(job));
  const size = waveSize(job, waves);
  const raw = new RawColumns(environment, job, prepared.places.raw, size, scheduleAddress);
  raw.takeOver(waves[0] as Wave, prepared.lists);
  return { prepared, raw, waves };
}

function wavesOf(job: IngestJob, placed: readonly PlacedPartition[]): Wave[] {
  const rowBytes = job.features.reduce((sum, source) => sum + rawWidth(source), 0);
  return cutWaves(placed, rowBytes, job.rawBytes);
}

function waveSize({ keepsNumbers }: IngestJob, waves: readonly Wave[]): WaveSize {
  return {
    numRows: waves.reduce((most, wave) => Math.max(most, wave.numRows), 0),
    // linear leaves want each row's numbers
    numSparse:
      keepsNumbers === true
        ? 0
        : waves.reduce((most, wave) => Math.max(most, wave.stretches.length), 0),
  };
}

/** No record is longer than this: two bytes a category, one a number, the slot and padding. */
function strideBound(job: IngestJob): number {
  const bytes = job.features.reduce((sum, source) => sum + (source.kind === 'category' ? 2 : 1), 0);
  const slot = Math.max(8, 4 * (2 + (job.otherLabels ?? []).length));
  return Math.ceil((bytes + 1 + slot) / 8) * 8;
}

/** Bytes of the binner's tables of one rank. */
export function tableBytes(job: IngestJob): number {
  const hasCategories = job.features.some((source) => source.kind === 'category');
  const bytes = binTableBytes(job.features.length, hasCategories ? 4 * maxCategoryValues : 0);
  return Math.ceil(bytes / 64) * 64;
}

/** Adds empty waves, so that every process loads equally many: loading one is a meeting. */
async function alignWaves(
  environment: RankEnvironment,
  waves: Wave[],
  numRows: number,
): Promise<Wave[]> {
  const most = BigInt64Array.of(BigInt(waves.length));
  await environment.wait(environment.collective.allreduce(most, 'max'));
  while (waves.length < Number(most[0])) waves.push(makeWave([], numRows, 0));
  return waves;
}

/** Why no row is left to learn from: all are for validation, or all weights are 0. */
function nothingToLearn(job: IngestJob, numValidation: number): CoppiceError {
  const { owner, validationCol, weightCol } = job;
  if (numValidation === 0 && weightCol !== null) {
    return new CoppiceError(
      'WEIGHT_INVALID',
      `${weightCol} (the weight of ${owner}) must be above 0 in at least one row; got 0 in every row (below 2^-400 counts as 0)`,
      { context: { column: weightCol } },
    );
  }
  const hint = validationCol === null ? '' : `; look at ${validationCol}, which marks them`;
  return new CoppiceError(
    'DATA_EMPTY',
    `the table that ${owner} is fitted on must have at least one row to learn from; got validation rows only${hint}`,
  );
}

/** No row is for validation, though a column is to say which ones are: the fit would never stop early. */
function nothingMarked({ owner, validationCol }: IngestJob): CoppiceError {
  return new CoppiceError(
    'DATA_EMPTY',
    `${validationCol} (the validationIndicatorCol of ${owner}) must be true in at least one row; got none; leave the parameter out to fit without`,
    { context: { column: validationCol ?? '' } },
  );
}

function writePositions(positions: Uint32Array, runs: RowRuns): void {
  let at = 0;
  for (let r = 0; r < runs.starts.length; r++) {
    const first = runs.starts[r] as number;
    for (let i = 0; i < (runs.counts[r] as number); i++) positions[at++] = first + i;
  }
}

function copyRuns<T extends Float64Array | Uint32Array>(
  from: T,
  to: T,
  runs: RowRuns,
  start: number,
): void {
  let at = start;
  for (let r = 0; r < runs.starts.length; r++) {
    const first = runs.starts[r] as number;
    const count = runs.counts[r] as number;
    to.set(from.subarray(first, first + count), at);
    at += count;
  }
}
