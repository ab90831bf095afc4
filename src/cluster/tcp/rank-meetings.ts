/**
 * Meetings of processes that the ranks carry out themselves: the last rank of a process to arrive writes a frame to
 * every other process and reads one of each, by connections that nobody else uses (lanes). No thread has to be woken
 * for it, and the main thread has nothing to do but to hear who is lost, by the connections of tcp-network.ts.
 *
 * A frame is read to its last byte and no further, so that nothing is kept between meetings and any rank may be the
 * last. A lane does not block: a rank that waits looks again and again (waiting.ts).
 */
import { readSync, writevSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { OwnRound } from '../simulation/recording.ts';
import { gangWord, openGate } from '../threads/gang-control.ts';
import {
  checkSum,
  type Frame,
  type FrameHead,
  frameHead,
  frameKind,
  headBytes,
  maxPayloadBytes,
  readFrameHead,
} from './frames.ts';
import type { SharedWithRanks } from './meeting-payloads.ts';
import {
  awaitedError,
  checkFrame,
  clockMs,
  firstRound,
  lostError,
  usedMicros,
} from './meeting-rounds.ts';
import { type MeetingRequest, ranksOf } from './network-place.ts';
import type { Round } from './round.ts';
import { lookMs, napMs } from './waiting.ts';

/** A connection to another process that the ranks write and read, by its number in this process. */
export interface Lane {
  readonly process: number;
  readonly descriptor: number;
}

/** What a rank's meetings are made of. */
export interface RankMeetingsOptions extends SharedWithRanks {
  readonly lanes: readonly Lane[];
  readonly timeoutMs: number;
  /** Told of every round that this rank begins; null where nobody asks. */
  readonly onRound: ((round: OwnRound) => void) | null;
}

/** A killed process loses all of its connections; the main thread hears of that too, and says what is known of it. */
const afterLossMs = 1000;

/** See the header. */
export class RankMeetings {
  readonly #o: RankMeetingsOptions;
  readonly #words: Int32Array;
  readonly #ends: readonly LaneEnd[];
  #beganAt = clockMs();

  constructor(options: RankMeetingsOptions) {
    this.#o = options;
    this.#words = new Int32Array(options.control.words);
    this.#ends = options.lanes.map((lane) => new LaneEnd(lane));
  }

  /** Meets the other processes and opens the gate; called when all ranks here wait. @param checkAborted throws where the gang was ended */
  meet(request: MeetingRequest, checkAborted: () => void): void {
    Atomics.add(this.#words, gangWord.meetings, 1);
    let round: Round | null = firstRound(this.#o, request);
    while (round !== null) {
      round = round.finish(this.#framesOf(round, checkAborted));
      this.goOn();
    }
    openGate(this.#o.control);
  }

  /** Takes note of when the ranks here could go on. */
  goOn(): void {
    if (this.#o.onRound !== null) this.#beganAt = clockMs();
  }

  /** Sends the frames of a round and receives those of the others. */
  #framesOf(round: Round, checkAborted: () => void): Map<number, Frame> {
    const { place } = this.#o;
    const sequence = Atomics.add(this.#words, gangWord.sequence, 1) + 1;
    const sent = new Array<number>(place.firstRanks.length - 1).fill(0);
    for (const end of this.#ends) {
      sent[end.process] = end.begin(round, sequence);
    }
    const idle = new Idle(this.#o.onRound === null ? null : this.#words);
    let isDone = this.#move(idle);
    this.#tell(round, sent);
    const began = performance.now();
    while (!isDone) {
      const now = performance.now();
      checkAborted();
      this.#checkEnds(now - began);
      const quietMs = idle.msUntil(now);
      if (quietMs > lookMs) {
        const { generation } = gangWord;
        const current = Atomics.load(this.#words, generation);
        checkAborted();
        Atomics.wait(this.#words, generation, current, napMs(quietMs));
      }
      isDone = this.#move(idle);
    }
    const frames = new Map<number, Frame>();
    for (const end of this.#ends) {
      const [name, from, to] = [this.#nameOf(end), end.process, place.process];
      const frame = end.take();
      checkFrame(frame, { name, from, to, sequence, round });
      frames.set(from, frame);
    }
    return frames;
  }

  /** Writes and reads what goes without waiting; true where all is sent and all has come. */
  #move(idle: Idle): boolean {
    let isDone = true;
    let hasMoved = false;
    for (const end of this.#ends) {
      if (end.isDone) continue;
      try {
        hasMoved = end.move() || hasMoved;
      } catch (error) {
        throw lostError(this.#nameOf(end), end.process, error as Error);
      }
      isDone &&= end.isDone;
    }
    if (hasMoved) idle.end();
    else idle.begin();
    return isDone;
  }

  #checkEnds(waitedMs: number): void {
    const { place, timeoutMs } = this.#o;
    const lost = this.#ends.find(({ lostAt }) => performance.now() - lostAt > afterLossMs);
    if (lost !== undefined) {
      throw lostError(this.#nameOf(lost), lost.process, lost.cause as Error);
    }
    if (waitedMs <= timeoutMs) return;
    const missing = this.#ends.filter((end) => !end.isDone);
    const named = missing.map((end) => [end.process, this.#nameOf(end)] as const);
    throw awaitedError(named, place.process, timeoutMs);
  }

  #tell({ kind }: Round, sent: readonly number[]): void {
    const { onRound, place } = this.#o;
    if (onRound === null) return;
    const used = usedMicros() | 0;
    const before = Atomics.exchange(this.#words, gangWord.usedMicros, used);
    const [first, end] = ranksOf(place);
    const computeMs = ((used - before) | 0) / 1000 / (end - first);
    const meeting = Atomics.load(this.#words, gangWord.meetings);
    onRound({ kind, meeting, computeMs, beganAt: this.#beganAt, sentAt: clockMs(), sent });
  }

  #nameOf({ process }: LaneEnd): string {
    return this.#o.place.names?.[process] ?? `process ${process}`;
  }
}

/** Since when nothing came. Looking costs a processor too, which is none of the program's work. */
class Idle {
  readonly #words: Int32Array | null;
  #isIdle = false;
  #since = 0;
  #usedBefore = 0;

  /** @param words those of the gang, where what is computed is recorded */
  constructor(words: Int32Array | null) {
    this.#words = words;
  }

  /** How long nothing has come; 0 where something just did. */
  msUntil(now: number): number {
    return this.#isIdle ? now - this.#since : 0;
  }

  begin(): void {
    if (this.#isIdle) return;
    this.#isIdle = true;
    this.#since = performance.now();
    if (this.#words !== null) this.#usedBefore = usedMicros();
  }

  end(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    if (this.#words === null) return;
    Atomics.add(this.#words, gangWord.usedMicros, (usedMicros() - this.#usedBefore) | 0);
  }
}

/** Frames of at most so many bytes are sent as one array. */
const joinedBytes = 65_536;

/** This process's end of a lane: a frame that goes out, and one that comes in. */
class LaneEnd {
  readonly process: number;
  /** When the connection broke; never so far where this is Infinity. */
  lostAt = Number.POSITIVE_INFINITY;
  /** How it broke. */
  cause: Error | null = null;
  readonly #descriptor: number;
  readonly #joined = new Uint8Array(joinedBytes);
  #out: Uint8Array[] = [];
  readonly #headBytes = new Uint8Array(headBytes);
  #headLength = 0;
  #head: FrameHead | null = null;
  #payload = new Uint8Array(joinedBytes);
  #length = 0;
  #sum = 0;

  constructor({ process, descriptor }: Lane) {
    this.process = process;
    this.#descriptor = descriptor;
  }

  /** True where the frame is sent and the other one has come. */
  get isDone(): boolean {
    return this.#out.length === 0 && this.#head !== null && this.#length === this.#head.bytes;
  }

  /** Takes the frame that is to be sent; returns its bytes. */
  begin(round: Round, sequence: number): number {
    const payload = round.payloadFor(this.process);
    const head = frameHead(frameKind[round.kind], sequence, payload);
    const pieces = [head, ...payload.filter(({ length }) => length > 0)];
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#out = bytes <= joinedBytes ? [joined(pieces, this.#joined.subarray(0, bytes))] : pieces;
    return bytes;
  }

  /** Writes and reads what goes without waiting; true where something went. @throws CoppiceError `PROTOCOL` */
  move(): boolean {
    const hasWritten = this.#out.length > 0 && this.#write();
    return this.#read() || hasWritten;
  }

  /** The frame that came. It is good until the next one comes. @throws CoppiceError `PROTOCOL` */
  take(): Frame {
    const { bytes, kind, sequence } = this.#head as FrameHead;
    this.#head = null;
    this.#headLength = 0;
    return { bytes, kind, sequence, payload: [this.#payload.subarray(0, bytes)] };
  }

  #write(): boolean {
    let sent = this.#trying(() => writevSync(this.#descriptor, this.#out));
    if (sent <= 0) return false;
    while (sent > 0) {
      const first = this.#out[0] as Uint8Array;
      if (first.length > sent) this.#out[0] = first.subarray(sent);
      else this.#out.shift();
      sent -= Math.min(sent, first.length);
    }
    return true;
  }

  #read(): boolean {
    let hasRead = false;
    while (this.cause === null && (this.#head === null || this.#length < this.#head.bytes)) {
      const isHead = this.#head === null;
      const [into, from, end] =
        this.#head === null
          ? [this.#headBytes, this.#headLength, headBytes]
          : [this.#payload, this.#length, this.#head.bytes];
      const count = this.#trying(() => readSync(this.#descriptor, into, from, end - from, null));
      if (count < 0) break;
      if (count === 0) {
        this.#lose(new Error('the connection was closed'));
        break;
      }
      hasRead = true;
      if (isHead) this.#takeHead(count);
      else this.#takeBytes(count);
      // the rest is under way
      if (count < end - from) break;
    }
    return hasRead;
  }

  #takeHead(count: number): void {
    this.#headLength += count;
    if (this.#headLength < headBytes) return;
    const head = readFrameHead(this.#headBytes, maxPayloadBytes);
    this.#head = head;
    this.#length = 0;
    this.#sum = head.headSum;
    if (head.bytes === 0) checkSum(head.checksum, head.headSum);
    if (this.#payload.length < head.bytes) this.#payload = new Uint8Array(2 * head.bytes);
  }

  #takeBytes(count: number): void {
    const { bytes, checksum } = this.#head as FrameHead;
    this.#sum = crc32(this.#payload.subarray(this.#length, this.#length + count), this.#sum);
    this.#length += count;
    if (this.#length === bytes) checkSum(checksum, this.#sum);
  }

  /** What a call of the system gives; −1 where it would have to wait, or the connection is broken. */
  #trying(call: () => number): number {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return call();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#lose(error as Error);
      return -1;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  #lose(cause: Error): void {
    if (this.cause !== null) return;
    this.cause = cause;
    this.lostAt = performance.now();
  }
}

function joined(pieces: readonly Uint8Array[], into: Uint8Array): Uint8Array {
  let at = 0;
  for (const piece of pieces) {
    into.set(piece, at);
    at += piece.length;
  }
  return into;
}
