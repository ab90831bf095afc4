/**
 * What processes send each other at a meeting, and where it lies in the memory that a process's ranks share.
 *
 *   allgather  u32 length of the message of each of the sender's ranks, then the messages
 *   exchange   for each of the sender's ranks, of each buffer, the slices for the receiver's ranks
 *   scatter    u32 length of the message for each of the receiver's ranks, then the messages
 */
import { CoppiceError } from '../../base/errors.ts';
import { freshBuffer } from '../fresh-memory.ts';
import { type GangControl, gangWord } from '../threads/gang-control.ts';
import { growMailbox } from '../threads/threads-collective.ts';
import { copyPayload, type Frame, joinPayload } from './frames.ts';
import {
  type MeetingRequest,
  messageStarts,
  type NetworkPlace,
  numRanksOf,
  ranksOf,
  sliceBytes,
} from './network-place.ts';

const pageBytes = 65536;

type ExchangeRequest = Extract<MeetingRequest, { kind: 'exchange' }>;

/** What the main thread of a process shares with its ranks. */
export interface SharedWithRanks {
  readonly place: NetworkPlace;
  readonly control: GangControl;
  readonly memory: WebAssembly.Memory;
}

/** The messages of the ranks here, as a payload. */
export function packMessages({ control }: SharedWithRanks): Uint8Array {
  const words = new Int32Array(control.words);
  const outgoing = gangWord.addresses + 4 * control.size;
  const lengths = words.slice(outgoing, outgoing + control.size);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const payload = new Uint8Array(4 * control.size + total);
  payload.set(new Uint8Array(lengths.buffer));
  let at = 4 * control.size;
  messageStarts(lengths).starts.forEach((start, i) => {
    payload.set(new Uint8Array(control.mailbox, start, lengths[i]), at);
    at += lengths[i] as number;
  });
  return payload;
}

/** Lays every rank's message into the mailbox. @param own the payload of the ranks here */
export function layMessages(
  { control, place }: SharedWithRanks,
  frames: ReadonlyMap<number, Frame>,
  own: Uint8Array,
): void {
  const messages: Uint8Array[] = [];
  for (let process = 0; process < place.firstRanks.length - 1; process++) {
    const frame = frames.get(process);
    const [first, end] = ranksOf(place, process);
    messages.push(
      ...cutMessages(process, frame === undefined ? own : joinPayload(frame), end - first),
    );
  }
  const incoming = gangWord.addresses + 5 * control.size;
  const lengths = new Int32Array(control.words, 4 * incoming, numRanksOf(place));
  lengths.set(messages.map((message) => message.length));
  const { starts, end } = messageStarts(lengths);
  growMailbox(control.mailbox, end);
  messages.forEach((message, rank) => {
    new Uint8Array(control.mailbox, starts[rank], message.length).set(message);
  });
}

function cutMessages(process: number, bytes: Uint8Array, count: number): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let at = 4 * count;
  if (bytes.length >= at) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < count; i++) {
      const length = view.getUint32(4 * i, true);
      messages.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  if (at === bytes.length) return messages;
  throw messagesError(process, at, bytes.length);
}

/** The slices of the ranks here that a process is to get, where they lie. */
export function slicesFor(
  { control, memory, place }: SharedWithRanks,
  process: number,
  { addresses, buffers }: ExchangeRequest,
): Uint8Array[] {
  const words = new Int32Array(control.words);
  const [first, end] = ranksOf(place, process);
  const slices: Uint8Array[] = [];
  for (let i = 0; i < control.size; i++) {
    const word = addresses + 2 * i;
    const base = (words[word + 1] as number) * 65536 + (words[word] as number);
    for (const { distance, bounds } of buffers) {
      const from = bounds[first] as number;
      const bytes = (bounds[end] as number) - from;
      const start = base + distance + from;
      slices.push(new Uint8Array(freshBuffer(memory, start + bytes), start, bytes));
    }
  }
  return slices;
}

/** Lays the slices that came behind the claimed memory, by the rank that sent them. */
export function laySlices(
  { control, memory, place }: SharedWithRanks,
  frames: ReadonlyMap<number, Frame>,
  { buffers }: ExchangeRequest,
): void {
  const words = new Int32Array(control.words);
  const page = Atomics.load(words, gangWord.claimedPages);
  const [here, hereEnd] = ranksOf(place);
  const block = sliceBytes(buffers, [here, hereEnd]);
  const numOthers = numRanksOf(place) - (hereEnd - here);
  growMemory(memory, page * pageBytes + block * numOthers);
  Atomics.store(words, gangWord.receivedPage, page);
  for (const [process, frame] of frames) {
    const [first] = ranksOf(place, process);
    const before = first < here ? first : first - (hereEnd - here);
    const address = page * pageBytes + block * before;
    copyPayload(frame, new Uint8Array(memory.buffer, address, frame.bytes));
  }
}

/** The messages of the ranks here for the ranks of a process, where they lie. */
export function messagesFor(
  { control, memory, place }: SharedWithRanks,
  process: number,
): Uint8Array[] {
  const words = new Int32Array(control.words);
  const outgoing = outgoingWord(control, numRanksOf(place));
  const [first, end] = ranksOf(place, process);
  const lengths = new Int32Array(end - first);
  const pieces: Uint8Array[] = [new Uint8Array(lengths.buffer)];
  for (let rank = first; rank < end; rank++) {
    const { address, bytes } = readMessage(words, outgoing + 3 * rank);
    lengths[rank - first] = bytes;
    pieces.push(new Uint8Array(freshBuffer(memory, address + bytes), address, bytes));
  }
  return pieces;
}

/** Lays the messages that came behind the claimed memory, and tells the ranks where. */
export function layScattered(
  { control, memory, place }: SharedWithRanks,
  frames: ReadonlyMap<number, Frame>,
): void {
  const words = new Int32Array(control.words);
  const [first, end] = ranksOf(place);
  const head = 4 * (end - first);
  let total = 0;
  for (const frame of frames.values()) total += frame.bytes;
  let address = Atomics.load(words, gangWord.claimedPages) * pageBytes;
  // a few bytes more: kernels read whole words
  growMemory(memory, address + total + 64);
  const numProcesses = place.firstRanks.length - 1;
  for (const [process, frame] of frames) {
    const incoming = incomingWord(control, numRanksOf(place)) + 3 * process;
    copyPayload(frame, new Uint8Array(memory.buffer, address, frame.bytes));
    const lengths = new DataView(memory.buffer, address, Math.min(head, frame.bytes));
    let at = head;
    for (let i = 0; i < end - first && frame.bytes >= head; i++) {
      const bytes = lengths.getUint32(4 * i, true);
      const word = incoming + 3 * numProcesses * i;
      writeMessage(words, word, { address: address + at, bytes });
      at += bytes;
    }
    if (at !== frame.bytes) throw messagesError(process, at, frame.bytes);
    address += frame.bytes;
  }
}

/** The word at which the messages of this process for other ranks stand, three words each. */
export function outgoingWord(control: GangControl, numRanks: number): number {
  return gangWord.addresses + 5 * control.size + numRanks;
}

/** The word at which the messages for the ranks here stand. */
export function incomingWord(control: GangControl, numRanks: number): number {
  return outgoingWord(control, numRanks) + 3 * numRanks;
}

/** Where a message lies. */
export interface PlacedMessage {
  readonly address: number;
  readonly bytes: number;
}

/** Writes three words. */
export function writeMessage(
  words: Int32Array,
  at: number,
  { address, bytes }: PlacedMessage,
): void {
  words[at] = address % 65536;
  words[at + 1] = Math.floor(address / 65536);
  words[at + 2] = bytes;
}

/** Reads three words. */
export function readMessage(words: Int32Array, at: number): PlacedMessage {
  const address = (words[at + 1] as number) * 65536 + (words[at] as number);
  return { address, bytes: words[at + 2] as number };
}

function messagesError(process: number, got: number, bytes: number): CoppiceError {
  return new CoppiceError(
    'PROTOCOL',
    `the messages of process ${process} of the gang must add up to ${bytes} bytes; got ${got}`,
    { context: { process } },
  );
}

function growMemory(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - freshBuffer(memory, bytes).byteLength) / pageBytes);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw new CoppiceError(
      'MEMORY_LIMIT',
      `the training data of one process and what it receives of others must fit its memory; got ${bytes} bytes; use more executors, or fewer rows or columns`,
      { context: { needed: bytes }, cause },
    );
  }
}
