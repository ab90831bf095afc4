/** Labels that are learned as log(1 + label): which of them have such a logarithm? */
import { CoppiceError } from '../../base/errors.ts';
import { log } from '../../base/portable-math.ts';
import type { IngestJob } from '../messages.ts';
import { nameOfPartition, type PlacedPartition } from './placed-partitions.ts';

/**
 * Replaces labels by log(1 + label).
 *
 * @param takesPart one byte for each row of the partition: 0 where the row takes no part and may hold anything
 * @throws CoppiceError `LABEL_INVALID`
 */
export function takeLogarithms(
  { labelCol, owner }: IngestJob,
  part: PlacedPartition,
  labels: Float64Array,
  takesPart: Uint8Array,
): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (label > -1) {
      labels[i] = log(1 + label);
    } else if (takesPart[i] !== 0) {
      const row = part.skip + i;
      throw new CoppiceError(
        'LABEL_INVALID',
        `${labelCol} (the label of ${owner}) must be above -1 in every row with lossType squaredLogError; got ${label} in row ${row} of ${nameOfPartition(part)}; use another lossType or shift the label`,
        { context: { column: labelCol, partition: part.index, row } },
      );
    }
  }
}
