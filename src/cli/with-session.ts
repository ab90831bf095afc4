/** Runs a command's work in a session of its own, here, on executors or on Spark, which ends with it. */
import { CoppiceError } from '../base/errors.ts';
import { fileText } from '../session/connect.ts';
import { Session } from '../session/session.ts';
import { type TlsFileOptions, tlsTexts } from './tls-files.ts';

/** Where a command works. */
export interface SessionCommandOptions extends TlsFileOptions {
  readonly threads?: number;
  readonly device?: 'cpu' | 'gpu' | 'auto';
  readonly session?: 'local' | 'executors' | 'spark';
  readonly executors?: readonly string[];
  readonly spark?: string;
  readonly rendezvous?: string;
  readonly world?: number;
  readonly tokenFile?: string;
  readonly sessionName?: string;
}
/** Calls `work` with a session; closes it whatever happens. @throws CoppiceError `USAGE`, and see `Session.connect` and `Session.spark` */
export async function withSession<T>(
  options: SessionCommandOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function openSession(options: SessionCommandOptions): Promise<Session> {
  if (options.session === 'spark') return await openSpark(options);
  if (options.spark !== undefined) throw new CoppiceError('USAGE', '--spark needs --session spark');
  const { threads, rendezvous, world, tokenFile } = options;
  const executors = options.executors ?? rendezvous;
  const device = options.device === undefined ? {} : { device: options.device };
  if (options.session !== 'executors') {
    if (executors !== undefined)
      throw new CoppiceError('USAGE', '--executors needs --session executors');
    refuseFlagsOfOthers(options);
    return await Session.local({ threads, ...device });
  }
  if (executors === undefined || tokenFile === undefined) {
    throw new CoppiceError(
      'USAGE',
      '--session executors needs --executors or --rendezvous, and --token-file',
    );
  }
  return await Session.connect(executors, {
    token: await tokenText(tokenFile),
    threads,
    world,
    ...device,
    name: options.sessionName,
    tls: await tlsTexts(options, '--session executors'),
  });
}

/** What only a session with others has a use for. */
const flagsOfOthers = {
  ...{ tokenFile: '--token-file', world: '--world', sessionName: '--session-name' },
  ...{ tlsCa: '--tls-ca', tlsCert: '--tls-cert', tlsKey: '--tls-key' },
} as const;

function refuseFlagsOfOthers(options: SessionCommandOptions): void {
  for (const [name, flag] of Object.entries(flagsOfOthers)) {
    if (options[name as keyof typeof flagsOfOthers] === undefined) continue;
    const others = flag === '--world' ? 'executors' : 'executors or --session spark';
    throw new CoppiceError('USAGE', `${flag} needs --session ${others}`);
  }
}

/** The secret in the file of `--token-file`. @throws CoppiceError `FILE_NOT_FOUND` */
export async function tokenText(path: string): Promise<string> {
  return (await fileText(path, '--token-file')).trim();
}

async function openSpark(options: SessionCommandOptions): Promise<Session> {
  const { spark: url, threads, executors, tokenFile } = options;
  if (url === undefined && process.env['SPARK_REMOTE'] === undefined) {
    throw new CoppiceError(
      'USAGE',
      '--session spark needs --spark sc://host:15002, or the variable SPARK_REMOTE: the address of a Spark Connect server',
    );
  }
  for (const name of ['rendezvous', 'world', 'device'] as const) {
    if (options[name] === undefined) continue;
    throw new CoppiceError('USAGE', `--${name} has no meaning with --session spark; leave it out`);
  }
  const numMembers = executors === undefined ? undefined : Number(executors.join());
  if (numMembers !== undefined && !(Number.isInteger(numMembers) && numMembers > 0)) {
    throw new CoppiceError(
      'USAGE',
      `--executors with --session spark must be how many members there are, such as 8; got ${executors?.join()}`,
    );
  }
  const tls = await tlsTexts(options, '--session spark');
  return await Session.spark({
    url,
    executors: numMembers,
    threadsPerExecutor: threads,
    name: options.sessionName,
    token: tokenFile === undefined ? undefined : await tokenText(tokenFile),
    ...(tls === undefined ? {} : { tls }),
  });
}
