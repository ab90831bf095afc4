/**
 * What `Session.connect` does: it reads the token and the certificates, calls the executors, and gives a runner of
 * gangs and tasks on them. The module is loaded when somebody connects.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoppiceError } from '../base/errors.ts';
import { addressOf } from '../cluster/executors/addresses.ts';
import type { DriverTls } from '../cluster/executors/executor-connection.ts';
import { ExecutorsRunner } from '../cluster/executors/executors-runner.ts';
import { ThreadPool } from '../cluster/threads/thread-pool.ts';
import { defineParams, type Options } from '../params/define-params.ts';
import { float, int, oneOf, str } from '../params/kinds.ts';
import { resolveParams } from '../params/resolve-params.ts';
import { readsFiles } from '../table/files/files-of-runner.ts';
import { checkCertificates } from './check-certificates.ts';
import { ownIdentity } from './own-identity.ts';
import { meetAt } from './rendezvous.ts';
import { workerUrl } from './worker-url.ts';

const connectParams = defineParams('Session.connect', {
  /** The secret that driver and executors share. */
  token: str({ since: '0.1.0' }),
  /** A file with the token, in place of `token`. */
  tokenFile: str({ since: '0.1.0' }),
  /** Threads of the driver, for data that it holds itself; by default as many as it has cores. */
  threads: int({ min: 1, max: 1024, since: '0.1.0' }),
  /**
   * A name with which the session outlives its driver: the same fit in a new session of this name takes up the work
   * where it is.
   */
  name: str({ since: '0.1.0' }),
  /** How long executors work on for a named session without a driver, in seconds. */
  keepSeconds: int({ default: 600, min: 1, max: 86_400, since: '0.1.0' }),
  /** How often work begins again after an executor was lost. */
  retries: int({ default: 3, min: 0, max: 100, since: '0.1.0' }),
  /** How long a lost executor is called before the others go on without it, in seconds. */
  reconnectSeconds: float({ default: 5, min: 0, since: '0.1.0' }),
  /** How many executors announce themselves in a folder; needed where a folder is given for their addresses. */
  world: int({ min: 1, max: 1024, since: '0.1.0' }),
  /** How long executors that announce themselves are waited for, in seconds. */
  joinSeconds: float({ default: 60, min: 0, since: '0.1.0' }),
  /** After which silence an executor is given up, in seconds. */
  silenceSeconds: float({ default: 15, min: 0.1, since: '0.1.0' }),
  /** Where boosted trees are trained unless an estimator's own `device` says otherwise; executors use their own GPUs. */
  device: oneOf(['cpu', 'gpu', 'auto'], { default: 'cpu', since: '0.1.0' }),
});

/** Certificates of a session on executors: PEM texts, or paths of files with them. */
export interface ConnectTls {
  /** The authority that signed the executors' certificates; by default those that the system trusts. */
  readonly ca?: string | undefined;
  /** The driver's own certificate, where executors ask for one. */
  readonly cert?: string | undefined;
  /** The key of `cert`. */
  readonly key?: string | undefined;
  /** The name in the executors' certificates, where it is not the host's. */
  readonly servername?: string | undefined;
}

/** Options of {@link Session.connect}. @interface */
export type ConnectOptions = Options<typeof connectParams.schema> & {
  /** TLS; needed for executors on other machines. */
  readonly tls?: ConnectTls | undefined;
  /** Is told what the executors' processes write to stderr; by default it goes to the driver's. */
  readonly onLog?: ((executor: string, text: string) => void) | undefined;
};

/** Connects with executors. @throws CoppiceError see `Session.connect` */
export async function connectExecutors(
  given: readonly string[] | string,
  options: ConnectOptions,
): Promise<ExecutorsRunner> {
  const { tls, onLog, ...rest } = options;
  const params = resolveParams(connectParams, rest);
  const owner = 'Session.connect';
  const { world } = params;
  if (typeof given === 'string' && world === undefined) {
    const message = `world of ${owner} must be given with a folder of addresses; got none for ${given}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  const token = await tokenOf(params, owner);
  const silenceMs = params.silenceSeconds * 1000;
  const connection = {
    hello: {
      token,
      identity: ownIdentity(),
      session: params.name ?? null,
      keepMs: params.name === undefined ? 0 : params.keepSeconds * 1000,
    },
    tls: tls === undefined ? null : await pemOf(tls, owner),
    heartbeat: { heartbeatMs: Math.min(250, silenceMs / 4), silenceMs },
    connectMs: Math.min(5000, Math.max(1000, silenceMs)),
    onLog: onLog ?? ((_: string, text: string) => void process.stderr.write(text)),
  };
  const connectTo = (addresses: readonly string[]): Promise<ExecutorsRunner> => {
    if (addresses.length === 0 || new Set(addresses).size < addresses.length) {
      const message = `addresses of ${owner} must be one host:port or more, each once; got ${JSON.stringify(addresses)}`;
      throw new CoppiceError('PARAM_INVALID', message);
    }
    return ExecutorsRunner.connect({
      addresses: addresses.map((address) => addressOf(address, owner)),
      connection,
      local: new ThreadPool(params.threads ?? availableParallelism(), workerUrl(), {
        device: params.device,
      }),
      readsFiles,
      retries: params.retries,
      reconnectMs: params.reconnectSeconds * 1000,
    });
  };
  if (typeof given !== 'string') return await connectTo(given).catch(sayWhatToStart);
  const until = performance.now() + params.joinSeconds * 1000;
  for (;;) {
    const left = Math.max(0, until - performance.now());
    const addresses = await meetAt(given, world ?? 1, left);
    try {
      return await connectTo(addresses);
    } catch (error) {
      // what a gang left that was killed is there until the next has written over it
      if (!isNobodyThere(error) || performance.now() > until) throw error;
      await sleep(200);
    }
  }
}

/** Throws the error, with what to do where nobody is at an address. */
function sayWhatToStart(error: unknown): never {
  if (!(error instanceof CoppiceError) || !isNobodyThere(error)) throw error;
  const { code, context, cause } = error;
  const message = `${error.message}; start coppice executor there, or give the address that it says it listens on`;
  throw new CoppiceError(code, message, { context, cause });
}

/** Whether nobody listens at an address, or nobody knows its name. */
function isNobodyThere(error: unknown): boolean {
  const cause = error instanceof CoppiceError ? (error.cause as NodeJS.ErrnoException) : null;
  return /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/.test(cause?.code ?? '');
}

/** The token, given or read. @throws CoppiceError `PARAM_INVALID` */
export async function tokenOf(
  {
    token,
    tokenFile,
  }: { readonly token?: string | undefined; readonly tokenFile?: string | undefined },
  owner: string,
): Promise<string> {
  if (token !== undefined) return token;
  if (tokenFile === undefined) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `token of ${owner} must be given, or tokenFile; got none`,
    );
  }
  return (await fileText(tokenFile, 'tokenFile')).trim();
}

async function pemOf(tls: ConnectTls, owner: string): Promise<DriverTls> {
  const { ca, cert, key, servername } = tls;
  const texts = await Promise.all([pemText(ca, 'ca'), pemText(cert, 'cert'), pemText(key, 'key')]);
  const [caText, certText, keyText] = texts;
  const names = { ca: 'tls.ca', cert: 'tls.cert', key: 'tls.key' };
  checkCertificates({ ca: caText, cert: certText, key: keyText }, names, owner);
  return { ca: caText, cert: certText, key: keyText, servername };
}

/** A PEM text, or what is in the file of that name. */
export async function pemText(
  given: string | undefined,
  what: string,
): Promise<string | undefined> {
  if (given === undefined || given.includes('-----BEGIN')) return given;
  return await fileText(given, what);
}

/** What is in a file of text; `what` names the option in errors. */
export async function fileText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `the file of ${what} must be readable; got ${path}`;
    throw new CoppiceError('FILE_NOT_FOUND', message, { context: { file: path }, cause });
  }
}
