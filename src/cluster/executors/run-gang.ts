/**
 * One gang on some executors, once: each is told its ranks and where the others listen, and answers with what they
 * returned. When one fails or is lost, the others end too; those that do not in time are reset.
 */
import { createHash } from 'node:crypto';
import { CoppiceError, isCoppiceError } from '../../base/errors.ts';
import type { GangRequest } from '../gang-runner.ts';
import { throwRootCause } from '../threads/thread-pool.ts';
import { encodeValue } from './encode-value.ts';
import type { AskedWork, ExecutorConnection } from './executor-connection.ts';
import type { SeatJob } from './gang-seat.ts';

/** How long members may take to end by themselves after an abort or a failure. */
const graceMs = 1000;

/** What a try knows besides its request. */
export interface GangTry {
  /** The secret of this try. */
  readonly key: string;
  /** The session outlives its driver: its work is looked for before it is begun. */
  readonly isNamed: boolean;
  readonly isFirst: boolean;
}

interface Member {
  readonly connection: ExecutorConnection;
  readonly job: Omit<SeatJob, 'peers'>;
  readonly fingerprint: string;
}

type Work = AskedWork<readonly unknown[]>;

/** Runs the gang; resolves with what each rank returned. */
export async function runGangOn(
  connections: readonly ExecutorConnection[],
  request: GangRequest,
  gang: GangTry,
): Promise<unknown[]> {
  const members = membersOf(connections, request, gang);
  const onNote = (message: unknown): void => request.onMessage?.(message);
  if (gang.isNamed && gang.isFirst && members.every(({ connection }) => connection.isResumed)) {
    const known = await attached(members, request, onNote);
    if (known !== null) return known;
  }
  const peers = await Promise.all(members.map(({ connection }) => connection.listen()));
  const isSecure = members.some(({ connection }) => connection.isSecure);
  const tls = isSecure ? ({ kind: 'psk' } as const) : null;
  return await outcomeOf(
    members,
    members.map(({ connection, job, fingerprint }) =>
      connection.start({ ...job, peers, tls }, fingerprint, onNote),
    ),
    request.signal,
  );
}

/** What the same work gave that an earlier driver began; null where it is not known everywhere. */
async function attached(
  members: readonly Member[],
  request: GangRequest,
  onNote: (message: unknown) => void,
): Promise<unknown[] | null> {
  const works = members.map(({ connection, fingerprint }) =>
    connection.attach(fingerprint, request.program, onNote),
  );
  try {
    return await outcomeOf(members, works, request.signal);
  } catch (error) {
    if (!isCoppiceError(error, 'NOT_FITTED')) throw error;
    for (const { connection } of members) connection.reset();
    return null;
  }
}

/** Deals the ranks, executor by executor. */
function membersOf(
  connections: readonly ExecutorConnection[],
  request: GangRequest,
  { key, isNamed }: GangTry,
): Member[] {
  const numThreads = connections.reduce((sum, connection) => sum + connection.numThreads, 0);
  const width = Math.min(request.width, numThreads);
  const firstRanks = [0];
  for (const connection of connections) {
    const first = firstRanks.at(-1) as number;
    if (first === width) break;
    firstRanks.push(Math.min(width, first + connection.numThreads));
  }
  return connections.slice(0, firstRanks.length - 1).map((connection, process) => {
    const first = firstRanks[process] as number;
    const count = (firstRanks[process + 1] as number) - first;
    const payload = request.payload({ first, count, total: width });
    const place = { process, firstRanks };
    const { program } = request;
    const fingerprint = isNamed ? hashOf({ program, payload, place }) : `${key} ${process}`;
    return { connection, fingerprint, job: { program, payload, place, key } };
  });
}

async function outcomeOf(
  members: readonly Member[],
  works: readonly Work[],
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const open = new Set(members.keys());
  let timer: NodeJS.Timeout | undefined;
  const endSoon = (): void => {
    timer ??= setTimeout(() => {
      for (const i of open) members[i]?.connection.reset();
    }, graceMs);
  };
  const onAbort = (): void => {
    for (const i of open) members[i]?.connection.cancel((works[i] as Work).id);
    endSoon();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    const outcomes = await Promise.allSettled(
      works.map(async ({ done }, i) => {
        try {
          return await done;
        } catch (error) {
          endSoon();
          throw withPlace(error, members[i] as Member);
        } finally {
          open.delete(i);
        }
      }),
    );
    throwRootCause(outcomes);
    return outcomes.flatMap((o) => (o as PromiseFulfilledResult<readonly unknown[]>).value);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Which ranks saw it. */
function withPlace(error: unknown, { connection, job }: Member): unknown {
  if (!(error instanceof CoppiceError)) return error;
  const { process, firstRanks } = job.place;
  const context = {
    rank: firstRanks[process] as number,
    ...error.context,
    executor: connection.where,
  };
  const placed = new CoppiceError(error.code, error.message, { context, cause: error.cause });
  if (error.stack !== undefined) placed.stack = error.stack;
  return placed;
}

/** Names work by all that decides about its outcome. */
function hashOf(work: unknown): string {
  const hash = createHash('sha256');
  for (const piece of encodeValue(work)) hash.update(piece);
  return hash.digest('hex');
}
