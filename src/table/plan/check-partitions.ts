/** Checks how many partitions a caller asks for. */
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';

/** The number of partitions that a caller asked for. @throws CoppiceError `PARAM_INVALID` */
export function checkNumPartitions(value: number, owner: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  const message = `numPartitions of ${owner} must be an integer from 1 to 1000000; got ${describeValue(value)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}
