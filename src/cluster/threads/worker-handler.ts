/**
 * What a pool thread does with a job: run a named task, or be one rank of a gang. Errors go back as
 * records, because a thrown error loses its code on the way.
 */
import type { MessagePort } from 'node:worker_threads';
import { reasonOf } from '../../base/describe-value.ts';
import { type ErrorRecord, isCoppiceError, toErrorRecord } from '../../base/errors.ts';
import type { Collective } from '../collective.ts';
import { InlineCollective } from '../inline/inline-collective.ts';
import { runProgram } from '../rank-program.ts';
import type { OwnRound } from '../simulation/recording.ts';
import { HandedOver, runOwnTask } from '../task-runner.ts';
import type { MeetingRequest, NetworkPlace } from '../tcp/network-place.ts';
import { type Lane, RankMeetings } from '../tcp/rank-meetings.ts';
import { TcpCollective } from '../tcp/tcp-collective.ts';
import { endGang, type GangControl, gangState } from './gang-control.ts';
import { ThreadsCollective } from './threads-collective.ts';

/** A named task for one thread. */
export interface TaskJob {
  readonly kind: 'task';
  readonly name: string;
  readonly payload: unknown;
  /** Where an answer with memory that is handed over goes; the pool's own way copies. */
  readonly port?: MessagePort | undefined;
}

/** What a rank knows of the other processes of its gang. */
export interface RankNetwork {
  readonly place: NetworkPlace;
  /** Connections by which ranks meet; null where the main thread meets for them. */
  readonly lanes: readonly Lane[] | null;
  /** Longest wait for another process. */
  readonly timeoutMs: number;
  /** The main thread is to be told of every round. */
  readonly isRecorded: boolean;
}

/** One rank of a gang. */
export interface RankJob {
  readonly kind: 'rank';
  readonly program: string;
  /** Position among the ranks of this process. */
  readonly localIndex: number;
  /** How this process is connected in a gang of several, else null. */
  readonly network: RankNetwork | null;
  readonly timeoutMs: number;
  readonly control: GangControl;
  readonly memory: WebAssembly.Memory;
  readonly port: MessagePort;
  readonly payload: unknown;
}

/** What a rank tells the main thread while it runs. */
export type RankMessage =
  | { readonly notify: unknown }
  | { readonly meet: MeetingRequest }
  | { readonly round: OwnRound };

/** What a pool thread is asked to do. */
export type WorkerJob = TaskJob | RankJob;

/** What it answers. */
export type WorkerAnswer = { readonly value: unknown } | { readonly error: ErrorRecord };

/** Runs one job in this thread; never throws. */
export async function handleJob(job: WorkerJob): Promise<WorkerAnswer> {
  process.off('uncaughtException', warnOfLateError);
  try {
    if (job.kind === 'task') return { value: await answerOf(job) };
    return { value: await runRank(job) };
  } catch (error) {
    return { error: toErrorRecord(error) };
  } finally {
    process.on('uncaughtException', warnOfLateError);
  }
}

/** What a task returned; undefined where it has gone by the job's own port. */
async function answerOf({ name, payload, port }: TaskJob): Promise<unknown> {
  try {
    const result = await runOwnTask(name, payload);
    if (!(result instanceof HandedOver)) return result;
    if (port === undefined) return result.value;
    port.postMessage(result.value, [...result.buffers]);
    return undefined;
  } finally {
    port?.close();
  }
}

/** Between jobs, an error that nobody waited for would end the thread, and the next job be blamed for it. */
function warnOfLateError(error: unknown): void {
  const reason = reasonOf(error);
  process.emitWarning(
    `a job left an error behind that nobody waited for: ${reason}`,
    'CoppiceWarning',
  );
}

async function runRank(job: RankJob): Promise<unknown> {
  const send = (message: RankMessage): void => job.port.postMessage(message);
  const collective = collectiveOf(job, send);
  const notify = (message: unknown): void => send({ notify: message });
  try {
    return await runProgram(job.program, { collective, memory: job.memory, notify }, job.payload);
  } catch (error) {
    if (!isCoppiceError(error, 'ABORTED')) endGang(job.control, gangState.failed);
    throw error;
  } finally {
    job.port.close();
  }
}

function collectiveOf(job: RankJob, send: (message: RankMessage) => void): Collective {
  const { control, localIndex, timeoutMs } = job;
  if (job.network !== null) return networkedCollective(job, job.network, send);
  const threads = new ThreadsCollective(control, localIndex, timeoutMs);
  return control.size === 1 ? new InlineCollective(() => threads.checkAborted()) : threads;
}

function networkedCollective(
  { control, memory, localIndex, timeoutMs }: RankJob,
  { place, lanes, isRecorded, timeoutMs: networkMs }: RankNetwork,
  send: (message: RankMessage) => void,
): Collective {
  const own = { control, memory, place, localIndex, timeoutMs };
  if (lanes === null) {
    return new TcpCollective({ ...own, request: (meeting) => send({ meet: meeting }) });
  }
  const onRound = isRecorded ? (round: OwnRound): void => send({ round }) : null;
  const meetings = new RankMeetings({
    ...{ control, memory, place, lanes },
    timeoutMs: networkMs,
    onRound,
  });
  return new TcpCollective({
    ...own,
    request: (meeting, checkAborted) => meetings.meet(meeting, checkAborted),
    onGoingOn: () => meetings.goOn(),
  });
}
