/** Reads the margins that are added to every row's score: one column, or one element of a vector an output. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnOf, fillNumeric } from '../../table/columns/column-values.ts';
import type { IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { nameOfPartition, type PlacedPartition } from './placed-partitions.ts';

/** Where margins lie: the user's offsets, then what an initial model gives. */
export function marginPaths(
  job: Pick<IngestJob, 'offsets' | 'initialScores'>,
): IngestJob['offsets'] {
  return [...job.offsets, ...job.initialScores];
}

/**
 * Writes the margins of a partition's rows.
 *
 * @param offsets addresses of float64 columns of the process's rows, one for each of the job's margins
 * @param takesPart one byte for each row of the partition: 0 where the row takes no part and may hold anything
 * @throws CoppiceError `DATA_INVALID`
 */
export function readOffsets(
  environment: RankEnvironment,
  job: Pick<IngestJob, 'offsets' | 'initialScores' | 'owner'>,
  read: { readonly part: PlacedPartition; readonly batch: RecordBatch },
  at: { readonly offsets: readonly number[]; readonly takesPart: Uint8Array },
): void {
  const { part, batch } = read;
  marginPaths(job).forEach((path, k) => {
    const values = environment.f64((at.offsets[k] as number) + 8 * part.firstLocal, part.count);
    const column = path[0] as string;
    fillNumeric(columnOf(batch, path), values, 0, column);
    for (let i = 0; i < values.length; i++) {
      if (at.takesPart[i] === 0 || Number.isFinite(values[i])) continue;
      const got = Number.isNaN(values[i]) ? 'null or NaN' : String(values[i]);
      throw new CoppiceError(
        'DATA_INVALID',
        `${column} (the offset of ${job.owner}) must be a finite number in every row; got ${got} in row ${part.skip + i} of ${nameOfPartition(part)}; where nothing is known of a row, its offset is 0`,
        { context: { column, partition: part.index, row: part.skip + i } },
      );
    }
  });
}
