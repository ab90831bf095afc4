/** What a session on Spark is made of; src/spark is loaded when the first one is opened. */
import type { ThreadPool } from '../cluster/threads/thread-pool.ts';
import type { SparkOptions, SparkParts } from '../spark/open-spark.ts';

/** Opens the connection. @param local threads for what is done on this machine */
export async function openSparkBackend(
  options: SparkOptions,
  local: ThreadPool,
): Promise<SparkParts> {
  const { openSpark } = await import('../spark/open-spark.ts');
  return await openSpark(options, local);
}
