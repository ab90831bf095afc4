/** Is a partition read so quickly that starting a thread for it would take longer? */
import type { PartitionSpec } from './partition-spec.ts';

const fewRows = 4096;

/** True for a few rows in memory and steps that are quick. */
export function isBriefPartition({ source, operators }: PartitionSpec): boolean {
  const isSmall = source.kind === 'memory' && (source.numRows ?? fewRows + 1) <= fewRows;
  return isSmall && operators.every(({ spec }) => spec.isQuick === true);
}
