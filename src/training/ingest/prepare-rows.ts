/**
 * The first half of {@link ingest}: from partitions to rows that are read and dealt to the ranks, with bins found. It is
 * one function wherever it runs: in each rank, or of a small file in the calling thread while the rank's is starting
 * (begin-here.ts), which then takes over what lies in memory.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { weighClasses } from './class-weights.ts';
import { readsByColumns } from './column-groups.ts';
import { dealRows } from './deal-rows.ts';
import { BinFinder, givenBins, sampleRows } from './find-bins.ts';
import { type PlacedPartition, placePartitions } from './placed-partitions.ts';
import type { LabelledRows, PreparedRows, ValidationSet } from './prepared-rows.ts';
import {
  cutWaves,
  makeWave,
  RawColumns,
  rawWidth,
  type Wave,
  type WaveSize,
} from './raw-columns.ts';
import { placeRows, type RowPlaces } from './row-places.ts';
import { type RoleAddresses, readRoles, rowState } from './row-roles.ts';
import { joinRuns, type RowRuns, runsOf } from './shard-rows.ts';

/** Rows whose labels are read and that are dealt to the ranks; columns of features are not read yet. */
export interface ReadRows {
  readonly rows: LabelledRows;
  readonly places: RowPlaces;
  readonly placed: readonly PlacedPartition[];
  /** As many in every process. */
  readonly waves: readonly Wave[];
  /** The most rows of a process. */
  readonly mostRows: number;
  /** Every process reads columns by themselves. */
  readonly readsByColumns: boolean;
}

/** Prepared rows where they were prepared or taken over. */
export interface DecodedRows {
  readonly prepared: PreparedRows;
  readonly raw: RawColumns;
  readonly waves: readonly Wave[];
}

/** The word from which ranks draw units of work, in the fixed part of memory. */
export const scheduleAddress = 1024;

/** Reads and deals out the rows, and finds the bins. */
export async function prepareRows(
  environment: RankEnvironment,
  job: IngestJob,
): Promise<DecodedRows> {
  return await decodeRows(environment, job, await readRows(environment, job));
}

/** Reads what rows have besides features, and deals them out. */
export async function readRows(environment: RankEnvironment, job: IngestJob): Promise<ReadRows> {
  const numRows = job.rowRange[1] - job.rowRange[0];
  const placed = placePartitions(job);
  const places = placeRows(job, numRows, environment.numLocal);
  await environment.reserve(places.raw, 'rows');
  environment.progress({ phase: 'read', done: 0, total: 1, message: 'blocks of columns' });
  const classes = await readRoles(environment, job, placed, places.roles);
  await environment.wait(environment.collective.barrier());
  const dealt = await dealReadRows(environment, job, places.roles, numRows);
  const { train, validation, trainRuns, validationRuns } = dealt;
  if (train.numAll === 0) throw nothingToLearn(job, validation.numAll);
  if (job.validationCol !== null && validation.numAll === 0) throw nothingMarked(job);
  keepRows(environment, places, trainRuns, { numRows, start: train.start });
  keepRows(environment, places, validationRuns, { numRows, start: validation.start });
  const { labels, otherLabels, weights, groups, positions, keys, margins } = places;
  await weighClasses(environment, job, classes, { labels, weights, train, validation });

  const offsets = margins.slice(0, job.offsets.length);
  const initialScores = margins.slice(job.offsets.length);
  const columns = { labels, otherLabels, weights, offsets, initialScores, groups, positions, keys };
  const rows = { classes, ...columns, ...dealt };
  const aligned = await alignWaves(environment, placed, wavesOf(job, placed), numRows);
  return { rows, places, placed, ...aligned };
}

/** Reads the features of rows, wave by wave, and finds the bins; the last wave stays. */
export async function decodeRows(
  environment: RankEnvironment,
  job: IngestJob,
  { rows, places, waves }: ReadRows,
): Promise<DecodedRows> {
  const numRows = job.rowRange[1] - job.rowRange[0];
  const { train, trainRuns } = rows;
  const size = waveSize(job, waves);
  await environment.reserve(places.raw + RawColumns.bytes(job, size), 'raw columns');
  const raw = new RawColumns(environment, job, places.raw, size, scheduleAddress);
  const keysAsRead = environment.u32(places.roles.keys, numRows);
  const finder =
    job.givenBins === undefined
      ? new BinFinder(
          environment,
          job,
          trainRuns,
          sampleRows(trainRuns, keysAsRead, job, train.numAll),
        )
      : null;
  for (const wave of finder === null ? [] : waves) {
    await raw.load(wave, (done, total) =>
      environment.progress({ phase: 'read', done, total, message: 'blocks of columns' }),
    );
    await finder?.look(raw, wave);
  }
  // records and numbers are not written yet, roles no longer read
  const free = { address: places.records, bytes: places.raw - places.records };
  const bins = finder === null ? givenBins(job) : await finder.finish(free);
  const { tables, records, numbers } = places;
  const told = { tables, records, numbers, raw: places.raw };
  return { prepared: { rows, bins, places: told, lists: raw.lists }, raw, waves };
}

/** Which of the rows that were read are this rank's, by their states. */
async function dealReadRows(
  environment: RankEnvironment,
  job: IngestJob,
  roles: RoleAddresses,
  numRows: number,
): Promise<
  Pick<LabelledRows, 'train' | 'validation' | 'validationSets' | 'trainRuns' | 'validationRuns'>
> {
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
  let firstOfSet = dealt.validation.start;
  const validationSets = job.validationSets.map((name, set): ValidationSet => {
    const start = firstOfSet;
    const count = setRuns[set]?.numRows ?? 0;
    firstOfSet += count;
    return { name, start, count };
  });
  return { ...dealt, validationSets, trainRuns, validationRuns };
}

/** Copies this rank's rows from where they were read to where they are kept: one run behind the other. */
function keepRows(
  environment: RankEnvironment,
  { roles, ...kept }: RowPlaces,
  runs: RowRuns,
  { numRows, start }: { readonly numRows: number; readonly start: number },
): void {
  const copy = (from: number, to: number): void =>
    copyRuns(environment.f64(from, numRows), environment.f64(to, numRows), runs, start);
  copy(roles.labels, kept.labels);
  kept.otherLabels.forEach((to, k) => {
    copy(roles.otherLabels[k] as number, to);
  });
  copyRuns(environment.u32(roles.keys, numRows), environment.u32(kept.keys, numRows), runs, start);
  if (kept.groups !== 0) {
    copy(roles.groups, kept.groups);
    writePositions(environment.u32(kept.positions + 4 * start, runs.numRows), runs);
  }
  if (roles.weights !== 0) copy(roles.weights, kept.weights);
  else if (kept.weights !== 0) environment.f64(kept.weights + 8 * start, runs.numRows).fill(1);
  kept.margins.forEach((to, k) => {
    copy(roles.offsets[k] as number, to);
  });
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

/** Adds empty waves, so that every process loads equally many: loading one is a meeting. */
async function alignWaves(
  environment: RankEnvironment,
  placed: readonly PlacedPartition[],
  waves: Wave[],
  numRows: number,
): Promise<Pick<ReadRows, 'waves' | 'mostRows' | 'readsByColumns'>> {
  const isOther = placed.some(({ partition }) => !readsByColumns(partition.spec));
  const most = BigInt64Array.from([waves.length, numRows, Number(isOther)], BigInt);
  await environment.wait(environment.collective.allreduce(most, 'max'));
  while (waves.length < Number(most[0])) waves.push(makeWave([], numRows, 0));
  return { waves, mostRows: Number(most[1]), readsByColumns: most[2] === 0n };
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
