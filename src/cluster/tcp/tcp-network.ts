/**
 * The main thread's side of a gang that spans processes: for each meeting that the ranks here ask for, it
 * sends one frame to every other process, waits for one of each, lays what came into shared memory and opens
 * the ranks' gate. Frames of a process that is one meeting ahead wait their turn.
 *
 *   barrier  no payload          allgather, exchange  see meeting-payloads.ts
 *   failed   the error of a process that gives up, as JSON          bye  its ranks are done
 */
import { assert, CoppiceError, type ErrorRecord, toErrorRecord } from '../../base/errors.ts';
import { endGang, type GangControl, gangState, openGate } from '../threads/gang-control.ts';
import type { GangNetwork } from '../threads/thread-pool.ts';
import { type Frame, frameKind, joinPayload } from './frames.ts';
import {
  layMessages,
  laySlices,
  packMessages,
  type SharedWithRanks,
  slicesFor,
} from './meeting-payloads.ts';
import { type MeetingRequest, type NetworkPlace, ranksOf, sliceBytes } from './network-place.ts';
import type { Wire } from './wire.ts';

interface Meeting {
  readonly request: MeetingRequest;
  /** This process's own allgather frame. */
  readonly own: Uint8Array;
  readonly timer: NodeJS.Timeout;
}

/** See the header. */
export class TcpNetwork implements GangNetwork {
  readonly place: NetworkPlace;
  readonly timeoutMs: number;
  /** Why the gang ended, where this process knows. */
  failure: CoppiceError | null = null;
  readonly #wires: ReadonlyMap<number, Wire>;
  readonly #waiting = new Map<number, Frame[]>();
  readonly #gone = new Set<number>();
  #control: GangControl | null = null;
  #memory: WebAssembly.Memory | null = null;
  #meeting: Meeting | null = null;
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
      this.#sequence += 1;
      const shared = this.#shared();
      const own = request.kind === 'allgather' ? packMessages(shared) : new Uint8Array(0);
      for (const [process, wire] of this.#wires) {
        const payload = request.kind === 'exchange' ? slicesFor(shared, process, request) : [own];
        wire.send(frameKind[request.kind], this.#sequence, payload);
      }
      const timer = setTimeout(() => this.fail(this.#timeoutError()), this.timeoutMs);
      this.#meeting = { request, own, timer };
      this.#finishMeeting();
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
    clearTimeout(this.#meeting?.timer);
    this.#meeting = null;
  }

  #onFrame(process: number, frame: Frame): void {
    if (frame.kind === frameKind.bye) {
      this.#gone.add(process);
      this.#finishMeeting();
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
    this.#finishMeeting();
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

  #finishMeeting(): void {
    const meeting = this.#meeting;
    if (meeting === null) return;
    for (const [process, queue] of this.#waiting) {
      if (queue.length > 0) continue;
      if (this.#gone.has(process)) this.fail(this.#protocolError(process, 'it has left'));
      return;
    }
    this.#meeting = null;
    clearTimeout(meeting.timer);
    try {
      const frames = new Map<number, Frame>();
      for (const [process, queue] of this.#waiting) {
        const frame = queue.shift() as Frame;
        this.#checkFrame(process, frame, meeting.request);
        frames.set(process, frame);
      }
      const { request, own } = meeting;
      if (request.kind === 'allgather') layMessages(this.#shared(), frames, own);
      if (request.kind === 'exchange') laySlices(this.#shared(), frames, request);
    } catch (error) {
      this.fail(error);
      return;
    }
    openGate(this.#shared().control);
  }

  #checkFrame(process: number, frame: Frame, request: MeetingRequest): void {
    const kind = frameKind[request.kind];
    if (frame.kind !== kind || frame.sequence !== this.#sequence) {
      const got = `meeting ${frame.sequence} of kind ${frame.kind}`;
      throw this.#protocolError(
        process,
        `expected meeting ${this.#sequence} of kind ${kind}, got ${got}`,
      );
    }
    if (request.kind === 'allgather') return;
    const [first, end] = ranksOf(this.place, process);
    const buffers = request.kind === 'exchange' ? request.buffers : [];
    const bytes = (end - first) * sliceBytes(buffers, ranksOf(this.place));
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
