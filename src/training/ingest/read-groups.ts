/**
 * Reads the group of every row as 64 bits: an integer as it is, a text as a hash of it (two texts share one with a
 * chance of 1 in 2^64). Groups are compared, ordered and drawn by these bits, so no topology shows.
 *
 *   groups: uint32[2] a row, the low word first
 */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { mix32, rowKeyOfId } from '../../base/rng.ts';
import { columnOf } from '../../table/column-values.ts';
import type { IngestJob } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { PlacedPartition } from './placed-partitions.ts';

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
        `${job.groupCol} (the group of ${job.owner}) must not be null; got null in row ${part.skip + i} of partition ${part.index}`,
        { context: { column: job.groupCol, partition: part.index, row: part.skip + i } },
      );
    }
    if (typeof id === 'string') {
      groups[2 * i] = rowKeyOfId(id);
      groups[2 * i + 1] = secondHash(id);
      continue;
    }
    const bits = BigInt.asUintN(64, BigInt(id));
    groups[2 * i] = Number(bits & 0xffffffffn);
    groups[2 * i + 1] = Number(bits >> 32n);
  }
}

/** A hash of a text that has nothing to do with its key as a row id. */
function secondHash(text: string): number {
  let hash = 0x9747b28c;
  for (let i = text.length - 1; i >= 0; i--) {
    hash = mix32((Math.imul(hash, 0x01000193) ^ text.charCodeAt(i)) + 0x7f4a7c15);
  }
  return hash;
}
