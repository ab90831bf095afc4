/**
 * The main thread's side of a gang that spans processes: for each meeting that the ranks here ask for, it
 * sends one frame to every other process, waits for one of each, lays what came into shared memory and opens
 * the ranks' gate. Frames of a process that is one round ahead wait their turn.
 *
 *   barrier  no payload          allgather, exchange, scatter  see meeting-payloads.ts
 *   reduce, sums  see reduce-rounds.ts
 *   failed   the error of a process that gives up, as JSON          bye  its ranks are done
 */
import { assert, CoppiceError, type ErrorRecord, toErrorRecord } from '../../base/errors.ts';
import type { OwnRound, RoundKind } from '../simulation/recording.ts';
import { endGang, type GangControl, gangState, openGate } from '../threads/gang-control.ts';
import type { GangNetwork } from '../threads/thread-pool.ts';
import { type Frame, frameKind, joinPayload } from './frames.ts';
import {
  layMessages,
  layScattered,
  laySlices,
  messagesFor,
  packMessages,
  type SharedWithRanks,
  slicesFor,
} from './meeting-payloads.ts';
import { type MeetingRequest, type NetworkPlace, ranksOf, sliceBytes } from './network-place.ts';
import { reduceRounds } from './reduce-rounds.ts';
import type { Wire } from './wire.ts';

/** One frame to every other process and one of each: most meetings are one round. */
export interface Round {
  readonly kind: RoundKind;
  payloadFor(process: number): readonly Uint8Array[];
  /** What a process's frame must hold, in bytes; not known before it comes where this is null. */
  readonly bytesOf: ((process: number) => number) | null;
  /** Takes the frames in, and gives the next round of the meeting, or null where it is over. */
  finish(frames: ReadonlyMap<number, Frame>): Round | null;
}

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
  #usedMs = usedMs();
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

  /** Called before the ranks start, with what they share. */
  attach(control: GangControl, memory: WebAssembly.Memory): void {
    this.#control = control;
    this.#memory = memory;
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
    const used = usedMs();
    const [first, end] = ranksOf(this.place);
    const computeMs = (used - this.#usedMs) / (end - first);
    const { kind } = round;
    const span = { computeMs, beganAt: this.#beganAt, sentAt: clockMs() };
    this.#usedMs = used;
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
    const context = { process };
    const name = this.#nameOf(process);
    if (cause instanceof CoppiceError) {
      const what = cause.code === 'PROTOCOL' ? `${name} of the gang must send whole frames: ` : '';
      this.fail(new CoppiceError(cause.code, what + cause.message, { context, cause }));
      return;
    }
    this.fail(
      new CoppiceError('EXECUTOR_LOST', `${name} of the gang was lost: ${cause.message}`, {
        context: { ...context, secondary: true },
        cause,
      }),
    );
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
      this.#checkFrame(process, frame, round);
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

  #checkFrame(process: number, frame: Frame, round: Round): void {
    const kind = frameKind[round.kind];
    if (frame.kind !== kind || frame.sequence !== this.#sequence) {
      const got = `meeting ${frame.sequence} of kind ${frame.kind}`;
      throw this.#protocolError(
        process,
        `expected meeting ${this.#sequence} of kind ${kind}, got ${got}`,
      );
    }
    const bytes = round.bytesOf?.(process) ?? frame.bytes;
    if (frame.bytes === bytes) return;
    throw this.#protocolError(process, `expected ${bytes} bytes, got ${frame.bytes}`);
  }

  #timeoutError(): CoppiceError {
    const missing = [...this.#waiting].filter(([, queue]) => queue.length === 0);
    const names = missing.map(([process]) => this.#nameOf(process));
    return new CoppiceError(
      'COLLECTIVE_TIMEOUT',
      `process ${this.place.process} waited ${this.timeoutMs} ms at a meeting for ${names.join(' and ')}: it lives, but its ranks did not come`,
      { context: { process: missing[0]?.[0] ?? -1 } },
    );
  }

  #protocolError(process: number, what: string): CoppiceError {
    return new CoppiceError(
      'PROTOCOL',
      `${this.#nameOf(process)} of the gang must be at the same meeting as process ${this.place.process}: ${what}`,
      { context: { process } },
    );
  }
}

/** What this process has used of its processors, in milliseconds. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The clock that all processes of a machine share, in milliseconds. */
function clockMs(): number {
  return performance.timeOrigin + performance.now();
}

/** How a meeting that the ranks ask for begins. */
function firstRound(shared: SharedWithRanks, request: MeetingRequest): Round {
  const { place } = shared;
  switch (request.kind) {
    case 'barrier':
      return { kind: 'barrier', payloadFor: () => [], bytesOf: () => 0, finish: () => null };
    case 'allgather': {
      const own = packMessages(shared);
      return {
        kind: 'allgather',
        payloadFor: () => [own],
        bytesOf: null,
        finish: (frames) => {
          layMessages(shared, frames, own);
          return null;
        },
      };
    }
    case 'exchange':
      return {
        kind: 'exchange',
        payloadFor: (process) => slicesFor(shared, process, request),
        bytesOf: (process) => {
          const [first, end] = ranksOf(place, process);
          return (end - first) * sliceBytes(request.buffers, ranksOf(place));
        },
        finish: (frames) => {
          laySlices(shared, frames, request);
          return null;
        },
      };
    case 'scatter':
      return {
        kind: 'scatter',
        payloadFor: (process) => messagesFor(shared, process),
        bytesOf: null,
        finish: (frames) => {
          layScattered(shared, frames);
          return null;
        },
      };
    case 'reduce':
      return reduceRounds(shared, request);
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
