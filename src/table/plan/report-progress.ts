/** Tells how far work over partitions is: in rows where their numbers are known, else in partitions. */
import type { OnProgress, Progress } from '../../base/progress.ts';
import type { LazyPartition } from './plan-node.ts';
import { knownRows } from './read-partition.ts';

/** Who is told, and of what. */
export interface ProgressTarget {
  readonly phase: Progress['phase'];
  readonly onProgress: OnProgress;
}

/** The results as they are, one for each partition; each is reported once the consumer comes back for the next. */
export async function* reporting<T>(
  results: AsyncIterable<T>,
  partitions: readonly LazyPartition[],
  { phase, onProgress }: ProgressTarget,
): AsyncGenerator<T, void, undefined> {
  const rows = partitions.map((lazy) => (typeof lazy === 'function' ? undefined : knownRows(lazy)));
  const isKnown = rows.every((count) => count !== undefined);
  const units = rows.map((count) => (isKnown ? (count ?? 0) : 1));
  const total = units.reduce((sum, count) => sum + count, 0);
  const message = isKnown ? 'rows' : 'partitions';
  let done = 0;
  let index = 0;
  for await (const result of results) {
    yield result;
    done += units[index++] ?? 0;
    await onProgress({ phase, done, total, message });
  }
}
