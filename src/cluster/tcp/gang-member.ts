/**
 * One process's part in a gang: it connects with the other members, runs its ranks in a pool of threads, and
 * takes leave. Whoever starts processes (a runner on this machine, an executor, a Spark task) tells each its
 * job and where the members listen; nothing else is needed.
 */

import type { OwnRound } from '../simulation/recording.ts';
import type { ThreadPool } from '../threads/thread-pool.ts';
import { isSecondary } from '../threads/thread-pool.ts';
import { type NetworkPlace, ranksOf } from './network-place.ts';
import { type Door, type GangTiming, openMesh } from './open-mesh.ts';
import type { GangTls, MemberAddress } from './protection.ts';
import { TcpNetwork } from './tcp-network.ts';

/** The part of a gang that one process runs. */
export interface MemberJob {
  readonly program: string;
  readonly payload: unknown;
  readonly place: NetworkPlace;
  /** The secret of this gang: random, drawn anew for each gang and each try. */
  readonly key: string;
  /** Where each process of the gang listens. */
  readonly members: readonly MemberAddress[];
  readonly tls: GangTls | null;
  /** False where the main threads are to meet for the ranks, as they do under TLS. */
  readonly usesLanes?: boolean | undefined;
  /** The driver is told of every meeting, at the end ({@link RecordedRounds}). */
  readonly isRecorded?: boolean | undefined;
}

/** What a process tells its driver of its meetings, where that is asked for. */
export interface RecordedRounds {
  readonly recordedProcess: number;
  readonly rounds: readonly OwnRound[];
}

/** True for what is meant for the recording, not for who asked for the gang. */
export function isRecordedRounds(message: unknown): message is RecordedRounds {
  return typeof message === 'object' && message !== null && 'recordedProcess' in message;
}

/** What a process brings along. */
export interface MemberSetting {
  readonly pool: ThreadPool;
  readonly memory: WebAssembly.Memory;
  /** Where this process listens; members may have called before the job was known. */
  readonly door: Door;
  readonly timing: GangTiming;
  readonly signal?: AbortSignal | undefined;
  /** What ranks tell the driver. */
  onMessage(message: unknown): void;
}

/**
 * Runs a process's ranks; resolves with what each returned.
 *
 * @throws CoppiceError what a rank threw, or why the gang ended: `EXECUTOR_LOST`, `COLLECTIVE_TIMEOUT`, `PROTOCOL`
 */
export async function runMember(job: MemberJob, setting: MemberSetting): Promise<unknown[]> {
  const { place, key, members, tls } = job;
  const { pool, memory, door, timing, signal } = setting;
  const { usesLanes = true } = job;
  const wires = await openMesh({ place, key, door, members, tls, timing, usesLanes });
  const names = place.firstRanks
    .slice(0, -1)
    .map((_, process) => wires.get(process)?.name ?? `process ${process}`);
  const network = new TcpNetwork({ ...place, names }, wires, timing.timeoutMs);
  const [first, end] = ranksOf(place);
  const rounds: OwnRound[] = [];
  if (job.isRecorded === true) network.onRound = (round) => rounds.push(round);
  try {
    const values = await pool.runGang(
      {
        program: job.program,
        width: end - first,
        memory,
        payload: () => job.payload,
        signal,
        onMessage: (message) => setting.onMessage(message),
      },
      network,
    );
    network.finish();
    if (job.isRecorded === true) {
      // those of several ranks come by ports of their own
      rounds.sort((a, b) => a.meeting - b.meeting);
      setting.onMessage({ recordedProcess: place.process, rounds });
    }
    return values;
  } catch (error) {
    network.fail(error);
    throw isSecondary(error) ? (network.failure ?? error) : error;
  }
}
