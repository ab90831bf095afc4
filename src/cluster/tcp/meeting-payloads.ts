/**
 * What processes send each other at a meeting, and where it lies in the memory that a process's ranks share.
 *
 *   allgather  u32 length of the message of each of the sender's ranks, then the messages
 *   exchange   for each of the sender's ranks, of each buffer, the slices for the receiver's ranks
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
  throw new CoppiceError(
    'PROTOCOL',
    `the messages of process ${process} of the gang must add up to ${bytes.length} bytes; got ${at}`,
    { context: { process } },
  );
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
