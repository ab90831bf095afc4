/** What `coppice executor` does: reads the token and the certificates, settles what may be read, and listens. */
import { realpathSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { allowedFolders } from '../base/allowed-paths.ts';
import { allowedUrlsVariable, urlPrefix } from '../base/allowed-urls.ts';
import { CoppiceError } from '../base/errors.ts';
import { addressOf } from '../cluster/executors/addresses.ts';
import { ExecutorDaemon } from '../cluster/executors/executor-daemon.ts';
import { checkCertificates } from './check-certificates.ts';
import { pemText, tokenOf } from './connect.ts';
import { ownIdentity } from './own-identity.ts';
import { workerUrl } from './worker-url.ts';

/** Options of an executor. */
export interface ExecutorOptions {
  /** `host:port`; port 0 for any free one. */
  readonly listen: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** Paths of PEM files, or their text. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
  /** Folders whose files it may read. */
  readonly dataRoots?: readonly string[] | undefined;
  /** URLs below which it may read files. */
  readonly allowedUrls?: readonly string[] | undefined;
  /** Folders whose modules it may import. */
  readonly modules?: readonly string[] | undefined;
  readonly threads?: number | undefined;
  /** Bytes that the training data may take. */
  readonly maxMemory?: number | undefined;
  /** Longest silence of the driver, in milliseconds. */
  readonly silenceMs?: number | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

const owner = 'an executor';

/**
 * Starts an executor.
 *
 * @throws CoppiceError `PARAM_INVALID`, `FILE_NOT_FOUND`, `EXECUTOR_FAILED` where it cannot listen
 */
export async function serveExecutor(options: ExecutorOptions): Promise<ExecutorDaemon> {
  const { host, port } = addressOf(options.listen, owner);
  const token = await tokenOf(options, owner);
  const [cert, key, ca] = await Promise.all([
    pemText(options.tlsCert, 'tlsCert'),
    pemText(options.tlsKey, 'tlsKey'),
    pemText(options.tlsCa, 'tlsCa'),
  ]);
  if (ca !== undefined && cert === undefined) {
    const message = `tlsCert and tlsKey of ${owner} must be given with tlsCa; got it without them`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  checkCertificates({ ca, cert, key }, { ca: 'tlsCa', cert: 'tlsCert', key: 'tlsKey' }, owner);
  const silenceMs = options.silenceMs ?? 15_000;
  return await ExecutorDaemon.listen({
    host,
    port,
    token,
    tls: cert === undefined || key === undefined ? undefined : { cert, key, ca },
    numThreads: options.threads ?? availableParallelism(),
    identity: ownIdentity(),
    workerUrl: workerUrl(),
    maxMemory: options.maxMemory,
    heartbeat: { heartbeatMs: Math.min(250, silenceMs / 4), silenceMs },
    environment: {
      [allowedFolders.data]: foldersText(options.dataRoots ?? [], 'dataRoots'),
      [allowedUrlsVariable]: JSON.stringify(
        (options.allowedUrls ?? []).map((url) => urlPrefix(url, `allowedUrls of ${owner}`)),
      ),
      [allowedFolders.modules]: foldersText(options.modules ?? [], 'modules'),
    },
    log: options.log,
  });
}

/** The folders where links on the way are followed, as JSON. */
function foldersText(folders: readonly string[], what: string): string {
  const real = folders.map((folder) => {
    try {
      if (statSync(folder).isDirectory()) return realpathSync(folder);
    } catch {
      // said below
    }
    const message = `${what} of ${owner} must be folders; got ${folder}`;
    throw new CoppiceError('FILE_NOT_FOUND', message, { context: { file: folder } });
  });
  return JSON.stringify(real);
}
