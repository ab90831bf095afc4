/** Runs a command's work in a session of its own, here or on executors, which ends with it. */
import { CoppiceError } from '../base/errors.ts';
import { Session } from '../session/session.ts';

/** Where a command works. */
export interface SessionCommandOptions {
  readonly threads?: number;
  readonly device?: 'cpu' | 'gpu' | 'auto';
  readonly session?: 'local' | 'executors';
  readonly executors?: readonly string[];
  readonly rendezvous?: string;
  readonly world?: number;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly sessionName?: string;
}

/** Calls `work` with a session; closes it whatever happens. @throws CoppiceError `USAGE`, and see `Session.connect` */
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
  const { threads, rendezvous, world, tokenFile, tlsCa, tlsCert, tlsKey } = options;
  const executors = options.executors ?? rendezvous;
  const device = options.device === undefined ? {} : { device: options.device };
  if (options.session !== 'executors') {
    if (executors === undefined) return await Session.local({ threads, ...device });
    throw new CoppiceError('USAGE', '--executors needs --session executors');
  }
  if (executors === undefined || tokenFile === undefined) {
    throw new CoppiceError(
      'USAGE',
      '--session executors needs --executors or --rendezvous, and --token-file',
    );
  }
  const isSecure = tlsCa !== undefined || tlsCert !== undefined;
  return await Session.connect(executors, {
    tokenFile,
    threads,
    world,
    ...device,
    name: options.sessionName,
    tls: isSecure ? { ca: tlsCa, cert: tlsCert, key: tlsKey } : undefined,
  });
}
