/**
 * Do all ranks mean the same root? Each takes the root's sums from its own features, so a histogram that was changed
 * on one side only would go on unseen. So the message with the root's best split ends with them, 16 bytes.
 */
import { CoppiceError } from '../../../base/errors.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { NodeTotals } from './candidate.ts';

/** A message with sums behind it. */
export function withSums(message: Uint8Array, { grad, hess }: NodeTotals): Uint8Array {
  const longer = new Uint8Array(message.length + 16);
  longer.set(message);
  longer.set(new Uint8Array(new BigInt64Array([grad, hess]).buffer), message.length);
  return longer;
}

/** Compares what stands behind `from` in every rank's message with this rank's. @throws CoppiceError `PROTOCOL` */
export function checkAgreedSums(
  { firstRanks, rank }: Pick<Collective, 'firstRanks' | 'rank'>,
  all: readonly Uint8Array[],
  from: number,
): void {
  const sums = all.map((message) =>
    new BigInt64Array(message.slice(from, from + 16).buffer).join(', '),
  );
  const other = sums.findIndex((each) => each !== sums[rank]);
  if (other < 0) return;
  const process = firstRanks.findLastIndex((first) => first <= other);
  throw new CoppiceError(
    'PROTOCOL',
    `the histograms of the root must add up to the same sums on all ranks; got (${sums[rank]}) on rank ${rank} and (${sums[other]}) on rank ${other} of process ${process}; the memory or the connection of one of them is at fault`,
    { context: { process } },
  );
}
