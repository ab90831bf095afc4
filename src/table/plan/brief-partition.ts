/** Is a partition read so quickly that starting a thread for it would take longer? */
import type { FileIdentity } from '../files/file-bytes.ts';
import type { PartitionSpec, SourceSpec } from './partition-spec.ts';

const fewRows = 4096;
/** The largest file that counts as little. */
const fewBytes = 64 * 1024;

/** True for a few rows in memory or in a small Parquet file, and steps that are quick. */
export function isBriefPartition({ source, operators }: PartitionSpec): boolean {
  const isSmall = (source.numRows ?? fewRows + 1) <= fewRows;
  return isSmall && isAtHand(source) && operators.every(({ spec }) => spec.isQuick === true);
}

/** True for files so small that the calling thread has read them before another one would be there. */
export function isBriefFile(size: number): boolean {
  return size <= fewBytes;
}

function isAtHand(source: SourceSpec): boolean {
  if (source.kind === 'memory') return true;
  const { file } = source as { readonly file?: FileIdentity };
  return source.kind === 'parquet' && file !== undefined && isBriefFile(file.size);
}
