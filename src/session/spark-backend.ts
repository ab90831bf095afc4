/** What a session on Spark is made of; src/spark is loaded when the first one is opened. */
import type { ThreadPool } from '../cluster/threads/thread-pool.ts';
import type { SparkTls } from '../spark/connect/connect-url.ts';
import type { SparkOptions, SparkParts } from '../spark/open-spark.ts';
import { checkCertificates } from './check-certificates.ts';

/** Opens the connection. @param local threads for what is done on this machine */
export async function openSparkBackend(
  options: SparkOptions,
  local: ThreadPool,
): Promise<SparkParts> {
  if (typeof options.tls === 'object') checkSparkTls(options.tls);
  const { openSpark } = await import('../spark/open-spark.ts');
  return await openSpark(options, local);
}

function checkSparkTls({ ca, cert, key }: SparkTls): void {
  const text = (given: string | Uint8Array | undefined): string | undefined =>
    given === undefined ? undefined : Buffer.from(given).toString();
  const texts = { ca: text(ca), cert: text(cert), key: text(key) };
  const names = { ca: 'tls.ca', cert: 'tls.cert', key: 'tls.key' };
  checkCertificates(texts, names, 'Session.spark');
}
