/** Labels that are times until an event: which of them are ends of watching, where the event had not come? */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnOf, fillNumeric } from '../../table/columns/column-values.ts';
import type { IngestJob } from '../messages.ts';
import { brokenTime, signedTime } from '../survival/signed-times.ts';
import { nameOfPartition, type PlacedPartition } from './placed-partitions.ts';

/**
 * Makes the times of rows without an event negative.
 *
 * @param takesPart one byte for each row of the partition: 0 where the row takes no part and may hold anything
 * @throws CoppiceError `LABEL_INVALID`
 */
export function markCensored(
  { survival, labelCol, owner }: IngestJob,
  { part, batch }: { readonly part: PlacedPartition; readonly batch: RecordBatch },
  { labels, takesPart }: { readonly labels: Float64Array; readonly takesPart: Uint8Array },
): void {
  const censorCol = survival?.censorCol ?? null;
  const flags = new Float64Array(part.count).fill(1);
  if (censorCol !== null) fillNumeric(columnOf(batch, [censorCol]), flags, 0, censorCol);
  for (let i = 0; i < part.count; i++) {
    if (takesPart[i] === 0) continue;
    const time = labels[i] as number;
    const flag = flags[i] as number;
    const broken = brokenTime(time, flag);
    labels[i] = signedTime(time, flag);
    if (broken === null) continue;
    const column = broken.column === 'censor' ? (censorCol as string) : labelCol;
    const got = Number.isNaN(broken.got) ? 'null or NaN' : broken.got;
    const row = part.skip + i;
    throw new CoppiceError(
      'LABEL_INVALID',
      `${column} (of ${owner}) must be ${broken.rule} in every row; got ${got} in row ${row} of ${nameOfPartition(part)}`,
      { context: { column, partition: part.index, row } },
    );
  }
}
