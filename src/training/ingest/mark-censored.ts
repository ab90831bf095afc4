/** Labels that are times until an event: which of them are ends of watching, where the event had not come? */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnOf, fillNumeric } from '../../table/columns/column-values.ts';
import type { IngestJob } from '../messages.ts';
import type { PlacedPartition } from './placed-partitions.ts';

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
  const refuse = (column: string, rule: string, got: number, row: number): never => {
    throw new CoppiceError(
      'LABEL_INVALID',
      `${column} (of ${owner}) must be ${rule} in every row; got ${Number.isNaN(got) ? 'null or NaN' : got} in row ${part.skip + row} of partition ${part.index}`,
      { context: { column, partition: part.index, row: part.skip + row } },
    );
  };
  for (let i = 0; i < part.count; i++) {
    if (takesPart[i] === 0) continue;
    const time = labels[i] as number;
    if (!(time > 0)) refuse(labelCol, 'a time above 0, whether the event came or not', time, i);
    if (flags[i] === 1) continue;
    if (flags[i] !== 0 || censorCol === null)
      refuse(censorCol as string, '1 where the event came and 0 where not', flags[i] as number, i);
    labels[i] = -time;
  }
}
