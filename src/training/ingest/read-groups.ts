/**
 * Reads the group of every row of a partition as 64 bits (group-words.ts).
 *
 *   groups: uint32[2] a row, the low word first
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import type { IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { writeGroupWords } from './group-words.ts';
import { nameOfPartition, type PlacedPartition } from './placed-partitions.ts';

/** Writes the groups of a partition's rows. @throws CoppiceError `DATA_INVALID` */
export function readGroups(
  environment: RankEnvironment,
  job: Pick<IngestJob, 'groupCol' | 'owner'>,
  read: { readonly part: PlacedPartition; readonly batch: RecordBatch },
  at: { readonly groups: number; readonly takesPart: Uint8Array },
): void {
  const { part, batch } = read;
  if (job.groupCol === null) return;
  const groups = environment.u32(at.groups + 8 * part.firstLocal, 2 * part.count);
  const ids = columnOf(batch, [job.groupCol]);
  for (let i = 0; i < part.count; i++) {
    const id = ids.get(i) as bigint | number | string | null;
    if (id === null) {
      if (at.takesPart[i] === 0) continue;
      throw new CoppiceError(
        'DATA_INVALID',
        `${job.groupCol} (the group of ${job.owner}) must not be null; got null in row ${part.skip + i} of ${nameOfPartition(part)}`,
        { context: { column: job.groupCol, partition: part.index, row: part.skip + i } },
      );
    }
    writeGroupWords(id, groups, i);
  }
}
