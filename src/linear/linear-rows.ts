/**
 * Reads the rows of a linear fit into the shared memory of a process: labels, weights and one float64 column a
 * feature. The ranks of a process take its rows in blocks, round robin. A row of weight 0 takes no part: its
 * values become 0. Missing and infinite features are refused; a linear model has no place for them.
 *
 *   | labels | weights | roles as read | column 0 | column 1 | … | scratch of each rank |      float64[rows] each
 */
import { Arena } from '../base/arena.ts';
import { CoppiceError } from '../base/errors.ts';
import { nameOfPartition, placePartitions } from '../training/ingest/placed-partitions.ts';
import { makeWave, RawColumns } from '../training/ingest/raw-columns.ts';
import { marginPaths } from '../training/ingest/read-offsets.ts';
import { largestNumber, readRoles, rowState } from '../training/ingest/row-roles.ts';
import { blockRows } from '../training/ingest/shard-rows.ts';
import type { ClassValue, IngestJob } from '../training/messages.ts';
import type { RankEnvironment } from '../training/rank-environment.ts';
import { gatherNumbers } from './folded-sums.ts';
import { weighRows } from './weigh-rows.ts';

/** The word from which ranks draw units of work, in the fixed part of memory. */
const scheduleAddress = 1024;

/** Rows [start, start + count) of the process. */
export interface RowBlock {
  readonly start: number;
  readonly count: number;
}

/** Smallest and largest value of the rows that take part. */
export interface Extremes {
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/** The rows in memory. */
export interface LinearRows {
  readonly classes: readonly ClassValue[];
  /** Addresses of the process's columns: the number, or the position of the class. */
  readonly labels: number;
  readonly weights: number;
  readonly columns: readonly number[];
  /** Margins that rows bring with them, an address an output; none of a label that is a number, from which they were taken. */
  readonly offsets: readonly number[];
  /** No offset is larger. */
  readonly offsetReach: number;
  /** This rank's rows. */
  readonly blocks: readonly RowBlock[];
  /** Rows of all ranks that take part. */
  readonly numAll: number;
  /** Extremes of weights, labels, then of the features. */
  readonly weightExtremes: readonly [number, number];
  readonly labelExtremes: readonly [number, number];
  readonly features: Extremes;
  /** From here on memory is free. */
  readonly free: number;
}

/** Reads the rows. */
export async function readLinearRows(
  environment: RankEnvironment,
  job: IngestJob,
): Promise<LinearRows> {
  const numRows = job.rowRange[1] - job.rowRange[0];
  const placed = placePartitions(job);
  const arena = new Arena(4096);
  const labels = arena.allocate(8 * numRows);
  const weights = arena.allocate(8 * numRows);
  const roles = {
    labels,
    weights,
    keys: arena.allocate(4 * numRows),
    states: arena.allocate(numRows),
    offsets: marginPaths(job).map(() => arena.allocate(8 * numRows)),
    groups: 0,
    otherLabels: [],
  };
  const base = arena.top;
  const free = base + RawColumns.bytes(job, { numRows }) + 64;
  await environment.reserve(free, 'rows');
  environment.progress({ phase: 'read', done: 0, total: 1, message: 'blocks of columns' });
  const classes = await readRoles(environment, job, placed, roles);
  const raw = new RawColumns(environment, job, base, { numRows }, scheduleAddress);
  await raw.load(makeWave(placed, 0, numRows), (done, total) =>
    environment.progress({ phase: 'read', done, total, message: 'blocks of columns' }),
  );
  const columns = job.features.map((_, feature) => raw.address(feature, 0));
  const blocks: RowBlock[] = [];
  for (
    let start = environment.localIndex * blockRows;
    start < numRows;
    start += environment.numLocal * blockRows
  ) {
    blocks.push({ start, count: Math.min(blockRows, numRows - start) });
  }
  if (job.weightCol === null) {
    for (const { start, count } of blocks) environment.f64(weights + 8 * start, count).fill(1);
  }
  const states = environment.u8(roles.states, numRows);
  const { offsets } = roles;
  const addresses = [weights, labels, ...columns, ...offsets];
  const found = new Scan(addresses.length);
  for (const block of blocks) {
    found.numRows += clearRowsOut(environment, states, block, addresses);
  }
  await weighRows(environment, job, { classes, labels, weights, blocks });
  if (job.labelKind === 'numeric') takeOffsets(environment, { labels, offsets, blocks });
  for (const block of blocks) {
    addresses.forEach((address, at) => {
      found.look(environment.f64(address, numRows), states, block, at);
    });
  }
  found.bad.forEach((bad, at) => {
    if (bad !== null) throw badValue({ job, placed, row: bad.row, feature: at - 2 }, bad.value);
  });
  const { numAll, least, most } = await found.meet(environment);
  if (numAll === 0) throw nothingToLearn(job);
  return {
    ...{ classes, labels, weights, columns, blocks, numAll, free },
    offsets: job.labelKind === 'numeric' ? [] : offsets,
    offsetReach: Math.max(
      0,
      ...offsets.map((_, k) => magnitudeAt(2 + columns.length + k, { least, most })),
    ),
    weightExtremes: [least[0] as number, most[0] as number],
    labelExtremes: [least[1] as number, most[1] as number],
    features: {
      least: least.subarray(2, 2 + columns.length),
      most: most.subarray(2, 2 + columns.length),
    },
  };
}

function magnitudeAt(at: number, { least, most }: Extremes): number {
  return Math.max(Math.abs(least[at] as number), Math.abs(most[at] as number));
}

/** What the offsets leave over of labels that are numbers. */
function takeOffsets(
  environment: RankEnvironment,
  rows: Pick<LinearRows, 'labels' | 'offsets' | 'blocks'>,
): void {
  const [address] = rows.offsets;
  if (address === undefined) return;
  for (const { start, count } of rows.blocks) {
    const labels = environment.f64(rows.labels + 8 * start, count);
    const offsets = environment.f64(address + 8 * start, count);
    for (let i = 0; i < count; i++) labels[i] = (labels[i] as number) - (offsets[i] as number);
  }
}

/** Writes 0 into every column of rows that take no part; how many do. */
function clearRowsOut(
  environment: RankEnvironment,
  states: Uint8Array,
  { start, count }: RowBlock,
  addresses: readonly number[],
): number {
  let taking = 0;
  for (let row = start; row < start + count; row++) {
    if (states[row] === rowState.train) taking += 1;
    else for (const address of addresses) environment.f64(address + 8 * row, 1)[0] = 0;
  }
  return taking;
}

/** Extremes of the columns, and the first value of each that is no use. */
class Scan {
  numRows = 0;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly bad: ({ readonly row: number; readonly value: number } | null)[];

  constructor(numColumns: number) {
    this.least = new Float64Array(numColumns).fill(Number.POSITIVE_INFINITY);
    this.most = new Float64Array(numColumns).fill(Number.NEGATIVE_INFINITY);
    this.bad = new Array(numColumns).fill(null);
  }

  look(values: Float64Array, states: Uint8Array, block: RowBlock, at: number): void {
    let least = this.least[at] as number;
    let most = this.most[at] as number;
    for (let row = block.start; row < block.start + block.count; row++) {
      if (states[row] !== rowState.train) continue;
      const value = values[row] as number;
      if (!(Math.abs(value) < largestNumber)) this.bad[at] ??= { row, value };
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.least[at] = least;
    this.most[at] = most;
  }

  async meet(
    environment: RankEnvironment,
  ): Promise<{ numAll: number; least: Float64Array; most: Float64Array }> {
    const width = this.least.length;
    const own = Float64Array.of(this.numRows, ...this.least, ...this.most);
    let numAll = 0;
    for (const part of await gatherNumbers(environment, own)) {
      numAll += part[0] as number;
      for (let i = 0; i < width; i++) {
        this.least[i] = Math.min(this.least[i] as number, part[1 + i] as number);
        this.most[i] = Math.max(this.most[i] as number, part[1 + width + i] as number);
      }
    }
    return { numAll, least: this.least, most: this.most };
  }
}

function badValue(
  place: {
    readonly job: IngestJob;
    readonly placed: ReturnType<typeof placePartitions>;
    readonly row: number;
    readonly feature: number;
  },
  value: number,
): CoppiceError {
  const { job, placed, row, feature } = place;
  const part = placed.find(
    ({ firstLocal, count }) => row >= firstLocal && row < firstLocal + count,
  );
  const name =
    feature >= job.features.length
      ? 'offset'
      : feature >= 0
        ? `feature ${job.features[feature]?.name}`
        : ['weight', 'label'][feature + 2];
  const where = {
    partition: part?.index ?? 0,
    row: row - (part?.firstLocal ?? 0) + (part?.skip ?? 0),
  };
  const got = Number.isNaN(value) ? 'null or NaN' : String(value);
  const remedy = Number.isNaN(value)
    ? 'fill a number with an Imputer, give missing categories a column with missingAsUnknown of OneHotEncoder, or drop such rows with table.na.drop()'
    : 'scale the column, or leave it out';
  return new CoppiceError(
    'DATA_INVALID',
    `${name} of ${job.owner} must be a number of magnitude below 2^400 in every row; got ${got} in row ${where.row} of ${part === undefined ? 'partition 0' : nameOfPartition(part)}; ${remedy}`,
    { context: { owner: job.owner, ...where } },
  );
}

function nothingToLearn({ owner, weightCol }: IngestJob): CoppiceError {
  if (weightCol !== null) {
    const message = `${weightCol}, the weight of ${owner}, must be above 0 in at least one row; got 0 in all (below 2^-400 counts as 0)`;
    return new CoppiceError('WEIGHT_INVALID', message, { context: { column: weightCol } });
  }
  return new CoppiceError('DATA_EMPTY', `${owner} must have at least one row to learn from; got 0`);
}
