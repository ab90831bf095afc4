/**
 * The main thread's side of a gang that spans processes. It hears who is lost or gives up. Where there are no lanes
 * for the ranks to meet by themselves (rank-meetings.ts), it also carries their meetings out: for each that the ranks
 * here ask for, it sends one frame to every other process, waits for one of each, lays what came into shared memory
 * and opens the ranks' gate. Frames of a process that is one round ahead wait their turn.
 *
 *   barrier  no payload          allgather, exchange, scatter  see meeting-payloads.ts
 *   reduce, sums  see reduce-rounds.ts
 *   failed   the error of a process that gives up, as JSON          bye  its ranks are done
 */
import { assert, CoppiceError, type ErrorRecord, toErrorRecord } from '../../base/errors.ts';
import type { OwnRound } from '../simulation/recording.ts';
import {
  endGang,
  type GangControl,
  gangState,
  gangWord,
  openGate,
} from '../threads/gang-control.ts';
import type { GangNetwork } from '../threads/thread-pool.ts';
import { type Frame, frameKind, joinPayload } from './frames.ts';
import type { SharedWithRanks } from './meeting-payloads.ts';
import {
  awaitedError,
  checkFrame,
  clockMs,
  firstRound,
  lostError,
  strayedError,
  usedMicros,
} from './meeting-rounds.ts';
import { type MeetingRequest, type NetworkPlace, ranksOf } from './network-place.ts';
import type { Lane } from './rank-meetings.ts';
import type { Round } from './round.ts';
import type { Wire } from './wire.ts';

/** See the header. */
export class TcpNetwork implements GangNetwork {
  readonly place: NetworkPlace;
  readonly timeoutMs: number;
  /** Why the gang ended, where this process knows. */
  failure: CoppiceError | null = null;
  /** Told of every round as it begins. */
  onRound: ((round: OwnRound) => void) | null = null;
  readonly #wires: ReadonlyMap<number, Wire>;
  readonly #waiting = new Map<number, Frame[]>();
  readonly #gone = new Set<number>();
  #control: GangControl | null = null;
  #memory: WebAssembly.Memory | null = null;
  #round: Round | null = null;
  #meeting = 0;
  #usedMicros = usedMicros();
  #beganAt = clockMs();
  /** When the meeting that runs must have ended, by performance.now(). */
  #deadline = Number.POSITIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;
  #sequence = 0;
  #isOver = false;

  constructor(place: NetworkPlace, wires: ReadonlyMap<number, Wire>, timeoutMs: number) {
    this.place = place;
    this.timeoutMs = timeoutMs;
    this.#wires = wires;
  }

  /** The connections that the ranks write and read themselves; null where the main thread meets for them. */
  get lanes(): readonly Lane[] | null {
    const lanes: Lane[] = [];
    for (const [process, { lane }] of this.#wires) {
      if (lane === null) return null;
      lanes.push({ process, descriptor: lane.descriptor });
    }
    return lanes;
  }

  /** Whether rounds are recorded. */
  get isRecorded(): boolean {
    return this.onRound !== null;
  }

  /** Takes note of a round that a rank has begun. */
  record(round: OwnRound): void {
    this.onRound?.(round);
  }

  /** Called before the ranks start, with what they share. */
  attach(control: GangControl, memory: WebAssembly.Memory): void {
    this.#control = control;
    this.#memory = memory;
    Atomics.store(new Int32Array(control.words), gangWord.usedMicros, usedMicros() | 0);
    // one timer for all meetings: one for each cost a twentieth of what a meeting does
    this.#watch = setInterval(
      () => {
        if (performance.now() > this.#deadline) this.fail(this.#timeoutError());
      },
      Math.max(1, Math.min(1000, this.timeoutMs / 10)),
    );
    this.#watch.unref();
    for (const [process, wire] of this.#wires) {
      this.#waiting.set(process, []);
      wire.listen({
        onFrame: (frame) => this.#onFrame(process, frame),
        onLost: (cause) => this.#onLost(process, cause),
      });
    }
  }

  /** Meets the other processes; called when all ranks here wait. */
  meet(request: MeetingRequest): void {
    if (this.#isOver) return;
    try {
      const round = firstRound(this.#shared(), request);
      this.#deadline = performance.now() + this.timeoutMs;
      this.#meeting += 1;
      this.#begin(round);
      this.#finishRounds();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends the gang on every process. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#close();
    const record = toErrorRecord(error);
    this.failure =
      error instanceof CoppiceError ? error : new CoppiceError(record.code, record.message);
    if (this.#control !== null) endGang(this.#control, gangState.failed);
    const payload = new TextEncoder().encode(JSON.stringify({ ...record, stack: undefined }));
    for (const wire of this.#wires.values()) {
      wire.send(frameKind.failed, 0, [payload]);
      wire.end();
    }
  }

  /** Takes leave of the others, all ranks here being done. */
  finish(): void {
    if (this.#isOver) return;
    this.#close();
    for (const wire of this.#wires.values()) {
      wire.send(frameKind.bye, 0);
      wire.end();
      // no rank uses it any more, and all that the others sent was read
      wire.lane?.destroy();
    }
  }

  #shared(): SharedWithRanks {
    assert(this.#control !== null && this.#memory !== null, 'a meeting before its gang');
    return { place: this.place, control: this.#control, memory: this.#memory };
  }

  #close(): void {
    this.#isOver = true;
    clearInterval(this.#watch);
    this.#round = null;
  }

  #begin(round: Round): void {
    this.#sequence += 1;
    const sent = new Array<number>(this.place.firstRanks.length - 1).fill(0);
    for (const [process, wire] of this.#wires) {
      sent[process] = wire.send(frameKind[round.kind], this.#sequence, round.payloadFor(process));
    }
    this.#round = round;
    if (this.onRound === null) return;
    const used = usedMicros();
    const [first, end] = ranksOf(this.place);
    const computeMs = (used - this.#usedMicros) / 1000 / (end - first);
    const { kind } = round;
    const span = { computeMs, beganAt: this.#beganAt, sentAt: clockMs() };
    this.#usedMicros = used;
    this.onRound({ kind, meeting: this.#meeting, ...span, sent });
  }

  #onFrame(process: number, frame: Frame): void {
    if (frame.kind === frameKind.bye) {
      this.#gone.add(process);
      this.#finishRounds();
      return;
    }
    if (frame.kind === frameKind.failed) {
      this.fail(failureOf(process, frame));
      return;
    }
    const queue = this.#waiting.get(process) as Frame[];
    queue.push(frame);
    if (queue.length > 2) {
      this.fail(this.#protocolError(process, 'it is two meetings ahead'));
      return;
    }
    this.#finishRounds();
  }

  #onLost(process: number, cause: Error): void {
    if (this.#gone.has(process)) return;
    this.fail(lostError(this.#nameOf(process), process, cause));
  }

  #nameOf(process: number): string {
    return (this.#wires.get(process) as Wire).name;
  }

  /** Ends the round that runs, and those after it, as far as the frames are here. */
  #finishRounds(): void {
    while (this.#round !== null && !this.#isOver) {
      for (const [process, queue] of this.#waiting) {
        if (queue.length > 0) continue;
        if (this.#gone.has(process)) this.fail(this.#protocolError(process, 'it has left'));
        return;
      }
      try {
        this.#finishRound();
      } catch (error) {
        this.fail(error);
      }
    }
  }

  #finishRound(): void {
    const round = this.#round as Round;
    this.#round = null;
    const frames = new Map<number, Frame>();
    for (const [process, queue] of this.#waiting) {
      const frame = queue.shift() as Frame;
      const [name, to] = [this.#nameOf(process), this.place.process];
      checkFrame(frame, { name, from: process, to, sequence: this.#sequence, round });
      frames.set(process, frame);
    }
    const next = round.finish(frames);
    this.#beganAt = clockMs();
    if (next !== null) {
      this.#begin(next);
      return;
    }
    this.#deadline = Number.POSITIVE_INFINITY;
    openGate(this.#shared().control);
  }

  #timeoutError(): CoppiceError {
    const missing = [...this.#waiting].filter(([, queue]) => queue.length === 0);
    const named = missing.map(([process]) => [process, this.#nameOf(process)] as const);
    return awaitedError(named, this.place.process, this.timeoutMs);
  }

  #protocolError(from: number, what: string): CoppiceError {
    return strayedError({ name: this.#nameOf(from), from, to: this.place.process }, what);
  }
}

/** What another process says it failed of; its own driver has the error itself. */
function failureOf(process: number, frame: Frame): CoppiceError {
  let record: Partial<ErrorRecord> = {};
  try {
    record = JSON.parse(new TextDecoder().decode(joinPayload(frame))) as Partial<ErrorRecord>;
  } catch {
    // a broken report is still a report
  }
  return new CoppiceError(
    'EXECUTOR_LOST',
    `process ${process} of the gang gave up: ${String(record.message)}`,
    { context: { process, secondary: true, code: String(record.code) } },
  );
}
