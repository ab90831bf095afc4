/**
 * Has the cluster as many slots as a gang needs? Asked before Spark is: Spark 4.3 checks it when it plans the stage, and
 * where the answer is no, cancelling that job can stop the whole application ("key not found" in its scheduler).
 *
 * The number of partitions that Spark gives a range by itself is the number of its cores, unless the configuration
 * sets that number; then nothing is known, and Spark's own check must do.
 */
import { tableFromIPC } from 'apache-arrow';
import { throwIfAborted } from '../../base/abort.ts';
import { CoppiceError } from '../../base/errors.ts';
import { sql } from '../rows/spark-rows.ts';
import type { SparkHost } from '../spark-host.ts';

/** How long between two looks: executors may still be on their way. */
const lookMs = 1000;

/** No gang is larger, with a few cores a task. */
const mostSlots = 8192;

const settings = ['spark.default.parallelism', 'spark.sql.leafNodeDefaultParallelism'];

/** Resolves once there are so many slots, busy or not. @throws CoppiceError `EXECUTOR_LOST` when time is up */
export async function awaitSlots(
  host: SparkHost,
  numMembers: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = 'the wait for slots';
  for (let waitedMs = 0; ; waitedMs += lookMs) {
    throwIfAborted(signal, what);
    const numSlots = await countSlots(host, signal);
    if (numSlots === null || numSlots >= numMembers) return;
    if (waitedMs + lookMs > host.options.slotTimeoutMs) {
      throw new CoppiceError(
        'EXECUTOR_LOST',
        `the cluster must have a slot for each of the ${numMembers} executors; it has ${numSlots} slots; ask for fewer executors, or give the cluster more cores`,
        { context: { slots: numSlots, executors: numMembers } },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

async function countSlots(
  host: SparkHost,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const { client } = host;
  const known = await client.config([...settings, 'spark.task.cpus']);
  if (settings.some((key) => (known.get(key) ?? null) !== null)) return null;
  // counted here: a shuffle would take Spark a quarter of a second
  const query = `SELECT spark_partition_id() AS p FROM range(${mostSlots})`;
  const project = { input: { sql: { query } }, expressions: [sql('p')] };
  const cores = new Set<number>();
  for await (const stream of client.execute({ project }, { signal, what: 'its slots' })) {
    for (const place of tableFromIPC(stream).getChild('p') ?? []) cores.add(Number(place));
  }
  return Math.floor(cores.size / Math.max(1, Number(known.get('spark.task.cpus') ?? 1)));
}
