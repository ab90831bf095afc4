/**
 * From partitions to binned rows, as every rank does it: (1) read labels, weights and ids; (2) deal the rows
 * to the ranks; (3) decode the feature columns and find the bins; (4) write the records. Memory:
 *
 *   | fixed | labels weights offsets groups keys | records | roles as read, raw columns of a wave |
 *                                                           ↑ free for training once the rows are binned
 *
 * Rows of the process are numbered anew: the training rows of rank 0, 1, …, then the validation rows.
 */
import {
  type BinnedFeature,
  type BinnedLayout,
  layoutRecords,
} from '../../binning/binned-layout.ts';
import type { RowFill } from '../../tree/backend/cpu/row-entries.ts';
import type { IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { binByColumns } from './bin-by-columns.ts';
import { RowBinner } from './bin-rows.ts';
import { groupColumns } from './column-groups.ts';
import { keepNumbers, numbersOfRow } from './keep-numbers.ts';
import { decodeRows, type ReadRows, readRows, takeOver } from './prepare-rows.ts';
import type { LabelledRows, PreparedRows } from './prepared-rows.ts';
import { tableBytes } from './row-places.ts';

/** Binned rows in shared memory. */
export interface IngestedRows extends LabelledRows {
  readonly features: readonly BinnedFeature[];
  readonly layout: BinnedLayout;
  readonly records: number;
  /** float64[row][numeric features] where leaves are to be linear (keep-numbers.ts); else 0. */
  readonly numbers: number;
  /** Where most bins are their feature's usual ones; else null. */
  readonly fill: RowFill | null;
  /** From here on memory is free. */
  readonly free: number;
}

/** Reads, deals out and bins the rows. @param slotBytes chosen once the labels are known */
export async function ingest(
  environment: RankEnvironment,
  job: IngestJob,
  slotBytes: (rows: LabelledRows) => Promise<number>,
): Promise<IngestedRows> {
  const read = job.prepared === undefined ? await readRows(environment, job) : null;
  const groups = read === null ? null : columnGroups(job, read);
  if (read !== null && groups !== null) {
    const { rows, places } = read;
    const given = { groups, slotBytes: await slotBytes(rows) };
    const { features, layout } = await binByColumns(environment, job, read, given);
    await environment.wait(environment.collective.barrier());
    const { records } = places;
    return {
      features,
      layout,
      records,
      numbers: 0,
      fill: null,
      free: endOf(rows, records, layout),
      ...rows,
    };
  }
  const { prepared, raw, waves } =
    read === null
      ? takeOver(environment, job, job.prepared as PreparedRows)
      : await decodeRows(environment, job, read);
  const { rows, places } = prepared;
  const { features, hasMissing } = prepared.bins;
  const { tables, records, numbers } = places;
  const { train, validation, trainRuns, validationRuns } = rows;
  const layout = layoutRecords(features, hasMissing, await slotBytes(rows));

  const scratch = tables + environment.localIndex * tableBytes(job);
  const binner = new RowBinner(environment, layout, scratch, tableBytes(job));
  for (const [i, wave] of waves.entries()) {
    await raw.load(wave, () => undefined);
    binner.bin(raw, wave, trainRuns, records + train.start * layout.stride);
    binner.bin(raw, wave, validationRuns, records + validation.start * layout.stride);
    if (numbers !== 0) {
      const read = { raw, wave, sources: job.features };
      const rowBytes = 8 * numbersOfRow(job.features);
      keepNumbers(environment, read, trainRuns, numbers + train.start * rowBytes);
      keepNumbers(environment, read, validationRuns, numbers + validation.start * rowBytes);
    }
    environment.progress({ phase: 'bin', done: i + 1, total: waves.length, message: 'passes' });
  }
  await environment.wait(environment.collective.barrier());
  const numRows = job.rowRange[1] - job.rowRange[0];
  const free =
    numbers === 0
      ? endOf(rows, records, layout)
      : numbers + 8 * numRows * numbersOfRow(job.features);
  return { features, layout, records, numbers, fill: null, free, ...rows };
}

/** Groups of columns that are read one after the other, where that spares a second look at the rows; else null. */
function columnGroups(job: IngestJob, read: ReadRows): number[][] | null {
  const { features, rawBytes, givenBins, keepsNumbers } = job;
  const isOnce = read.waves.length === 1 || givenBins !== undefined;
  if (isOnce || keepsNumbers === true || job.byColumns === false || !read.readsByColumns)
    return null;
  return groupColumns(features, read.mostRows, rawBytes);
}

function endOf(
  { train, validation }: LabelledRows,
  records: number,
  { stride }: BinnedLayout,
): number {
  return records + stride * (train.numProcess + validation.numProcess);
}
