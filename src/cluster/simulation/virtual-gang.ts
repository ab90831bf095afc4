/**
 * Runs a program as the ranks of many processes, one after another in one thread, and records what they would have
 * sent each other and how long each computed alone. Each has a memory of its own and one rank; the program is the one
 * that real processes run, so bytes and meetings are theirs.
 *
 * One rank computes at a time: a rank that comes to a meeting lets the next one go on; the last to come completes the
 * meeting for all (virtual-meetings.ts).
 */
import { CoppiceError } from '../../base/errors.ts';
import { newSharedMemory } from '../../base/shared-memory.ts';
import { type RankContext, registerProgram, runProgram } from '../rank-program.ts';
import { usedMicros } from '../tcp/meeting-rounds.ts';
import { PauseListener, type Pauses } from './pauses.ts';
import type { GangRecording, RecordedRound } from './recording.ts';
import { VirtualCollective } from './virtual-collective.ts';
import { completeMeeting, type VirtualMember, type VirtualRequest } from './virtual-meetings.ts';

/** A program, and what each process is given. */
export interface RehearsalJob {
  readonly program: string;
  readonly payloads: readonly unknown[];
}

/** What the ranks returned, and what they did. */
export interface Rehearsal {
  readonly values: readonly unknown[];
  readonly recording: GangRecording;
}

registerProgram<RehearsalJob>('rehearsal', async (context, job) => await rehearse(context, job));

/** Runs the program as one rank for each payload. */
export async function rehearse(
  context: Pick<RankContext, 'collective' | 'notify'>,
  { program, payloads }: RehearsalJob,
): Promise<Rehearsal> {
  const gang = new VirtualGang(payloads.length, () => context.collective.checkAborted());
  const listener = new PauseListener();
  let values: readonly unknown[];
  try {
    values = await gang.run((rank, collective, memory) => {
      const notify = (message: unknown): void => {
        if (rank === 0) context.notify(message);
      };
      return runProgram(program, { collective, memory, notify }, payloads[rank]);
    });
  } finally {
    gang.shareOut(await listener.close());
  }
  const { rounds } = gang;
  return { values, recording: { numProcesses: payloads.length, rounds } };
}

/** What a rank that waits is called back with. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** See the header. */
export class VirtualGang {
  readonly size: number;
  readonly rounds: RecordedRound[] = [];
  /** Called between meetings; throws where the rehearsal is to end. */
  readonly checkAborted: () => void;
  readonly #members: VirtualMember[];
  readonly #waiting: (Waiting | null)[];
  readonly #requests: (VirtualRequest | null)[];
  readonly #computeMs: Float64Array;
  /** When the ranks computed before a meeting, and the first round of it. */
  readonly #spans: {
    readonly from: Float64Array;
    readonly to: Float64Array;
    readonly round: number;
  }[] = [];
  /** Ranks that may go on, each in its turn. */
  readonly #turns: (() => void)[] = [];
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  #numHere = 0;
  #numDone = 0;
  #meeting = 0;
  #since = markNow();

  constructor(size: number, checkAborted: () => void) {
    this.size = size;
    this.checkAborted = checkAborted;
    this.#members = Array.from({ length: size }, () => ({
      memory: newSharedMemory(1, 65536),
      claimedPages: 0,
    }));
    this.#waiting = new Array(size).fill(null);
    this.#requests = new Array(size).fill(null);
    this.#computeMs = new Float64Array(size);
    this.#from = new Float64Array(size);
    this.#to = new Float64Array(size);
  }

  /** Runs every rank; resolves with what each returned. @throws the first error of a rank */
  run(
    start: (
      rank: number,
      collective: VirtualCollective,
      memory: WebAssembly.Memory,
    ) => Promise<unknown>,
  ): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const values: unknown[] = new Array(this.size);
      this.#members.forEach((member, rank) => {
        this.#turns.push(() => {
          const collective = new VirtualCollective(this, rank);
          start(rank, collective, member.memory).then((value) => {
            values[rank] = value;
            this.#numDone += 1;
            if (this.#numDone === this.size) resolve(values);
            else if (this.#turns.length > 0) this.#goOn();
            else reject(strayed());
          }, reject);
        });
      });
      this.#goOn();
    });
  }

  /** A rank comes to a meeting. */
  meet(rank: number, request: VirtualRequest): Promise<unknown> {
    this.#computeMs[rank] = computedMs(this.#since);
    this.#from[rank] = this.#since.ms;
    this.#to[rank] = performance.now();
    this.checkAborted();
    this.#requests[rank] = request;
    const met = new Promise<unknown>((resolve, reject) => {
      this.#waiting[rank] = { resolve, reject };
    });
    this.#numHere += 1;
    if (this.#numHere === this.size) this.#complete();
    if (this.#turns.length > 0) this.#goOn();
    else throw strayed();
    return met;
  }

  /** The memory of a rank, and what it has claimed of it. */
  memberOf(rank: number): VirtualMember {
    return this.#members[rank] as VirtualMember;
  }

  /** Gives every rank the same part of the pauses of a round: one thread has collected the garbage of all. */
  shareOut(pauses: Pauses): void {
    for (const { from, to, round } of this.#spans) {
      const { computeMs } = this.rounds[round] as RecordedRound;
      const own = from.map((start, rank) => pauses.within(start, to[rank] as number));
      const share = own.reduce((sum, ms) => sum + ms, 0) / this.size;
      for (const [rank, ms] of own.entries()) {
        computeMs[rank] = Math.max(0, (computeMs[rank] as number) - ms) + share;
      }
    }
  }

  #complete(): void {
    const requests = this.#requests as VirtualRequest[];
    const waiting = this.#waiting.splice(0, this.size, ...new Array<null>(this.size).fill(null));
    this.#numHere = 0;
    this.#meeting += 1;
    let computeMs = this.#computeMs.slice();
    this.#spans.push({ from: this.#from.slice(), to: this.#to.slice(), round: this.rounds.length });
    const { answers, frames } = completeMeeting(this.#members, requests);
    for (const { kind, sent } of frames) {
      this.rounds.push({ kind, meeting: this.#meeting, computeMs, span: null, sent });
      computeMs = new Float64Array(this.size);
    }
    waiting.forEach((one, rank) => {
      this.#turns.push(() => (one as Waiting).resolve(answers[rank]));
    });
  }

  #goOn(): void {
    const turn = this.#turns.shift() as () => void;
    this.#since = markNow();
    turn();
  }
}

/** A moment, by the clock and by what the process had used of its processors. */
interface Mark {
  readonly ms: number;
  readonly micros: number;
}

function markNow(): Mark {
  return { ms: performance.now(), micros: usedMicros() };
}

/**
 * What was computed since then. While another program has the core the clock goes on; while other threads of this process
 * compile or collect, its use of processors does.
 */
function computedMs({ ms, micros }: Mark): number {
  return Math.min(performance.now() - ms, (usedMicros() - micros) / 1000);
}

function strayed(): CoppiceError {
  return new CoppiceError('INTERNAL', 'a rank of a rehearsal ended while others were to meet it');
}
