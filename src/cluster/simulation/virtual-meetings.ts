/**
 * What a meeting of a rehearsal brings each rank, and the frames that processes would have sent for it: the same
 * payloads as meeting-payloads.ts and reduce-rounds.ts make, here only counted.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { ExchangeBuffer, IncomingMessage, OutgoingMessage } from '../collective.ts';
import { reduceIntegers } from '../reduce-integers.ts';
import { headBytes } from '../tcp/frames.ts';
import { partOfProcess, sumsInParts } from '../tcp/reduce-rounds.ts';
import type { RoundKind } from './recording.ts';

const pageBytes = 65536;

/** A process of the rehearsal: what its rank works in. */
export interface VirtualMember {
  readonly memory: WebAssembly.Memory;
  /** What is received lies behind these. */
  claimedPages: number;
}

/** What a rank asks for. */
export type VirtualRequest =
  | { readonly kind: 'barrier' }
  | { readonly kind: 'allgather'; readonly bytes: Uint8Array }
  | { readonly kind: 'scatter'; readonly messages: readonly OutgoingMessage[] }
  | { readonly kind: 'exchange'; readonly buffers: readonly ExchangeBuffer[] }
  | { readonly kind: 'reduce'; readonly values: BigInt64Array; readonly operation: 'sum' | 'max' };

/** The frames of one round. */
interface Frames {
  readonly kind: RoundKind;
  readonly sent: Float64Array;
}

/** What a meeting gave. */
export interface VirtualMeeting {
  /** By rank. */
  readonly answers: readonly unknown[];
  readonly frames: readonly Frames[];
}

/** Carries out a meeting to which all have come. @throws CoppiceError `INTERNAL` where they came to different ones */
export function completeMeeting(
  members: readonly VirtualMember[],
  requests: readonly VirtualRequest[],
): VirtualMeeting {
  const kind = requests[0]?.kind ?? 'barrier';
  const other = requests.findIndex((request) => request.kind !== kind);
  if (other >= 0) {
    const got = requests[other]?.kind;
    throw new CoppiceError('INTERNAL', `rank ${other} must come to ${kind} as rank 0; got ${got}`);
  }
  const size = members.length;
  switch (kind) {
    case 'barrier':
      return { answers: new Array(size).fill(undefined), frames: [framesOf(kind, size, () => 0)] };
    case 'allgather':
      return allgather(requests as Request<'allgather'>[]);
    case 'scatter':
      return scatter(members, requests as Request<'scatter'>[]);
    case 'exchange':
      return exchange(members, requests as Request<'exchange'>[]);
    case 'reduce':
      return reduce(requests as Request<'reduce'>[]);
  }
}

type Request<K extends VirtualRequest['kind']> = Extract<VirtualRequest, { kind: K }>;

function framesOf(
  kind: RoundKind,
  size: number,
  payload: (from: number, to: number) => number,
): Frames {
  const sent = new Float64Array(size * size);
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      if (from !== to) sent[from * size + to] = headBytes + payload(from, to);
    }
  }
  return { kind, sent };
}

function allgather(requests: readonly Request<'allgather'>[]): VirtualMeeting {
  const answers = requests.map(() => requests.map(({ bytes }) => bytes.slice()));
  const payload = (from: number): number => 4 + (requests[from]?.bytes.length ?? 0);
  return { answers, frames: [framesOf('allgather', requests.length, payload)] };
}

function scatter(
  members: readonly VirtualMember[],
  requests: readonly Request<'scatter'>[],
): VirtualMeeting {
  const size = members.length;
  const messages = requests.map(({ messages: own }) => new Map(own.map((one) => [one.to, one])));
  const bytesOf = (from: number, to: number): number => messages[from]?.get(to)?.bytes ?? 0;
  const answers = members.map((member, to) => {
    const received: IncomingMessage[] = [];
    let address = member.claimedPages * pageBytes;
    for (let from = 0; from < size; from++) {
      if (from === to) continue;
      const bytes = bytesOf(from, to);
      received.push({ process: from, address: address + 4, bytes });
      address += 4 + bytes;
    }
    // a few bytes more: kernels read whole words
    growTo(member, address + 64);
    for (const one of received) {
      const given = messages[one.process]?.get(to)?.address ?? 0;
      copy(members[one.process] as VirtualMember, given, member, one);
    }
    return received;
  });
  const payload = (from: number, to: number): number => 4 + bytesOf(from, to);
  return { answers, frames: [framesOf('scatter', size, payload)] };
}

function exchange(
  members: readonly VirtualMember[],
  requests: readonly Request<'exchange'>[],
): VirtualMeeting {
  const size = members.length;
  const sliceOf = ({ bounds }: ExchangeBuffer, to: number): [number, number] => [
    bounds[to] as number,
    (bounds[to + 1] as number) - (bounds[to] as number),
  ];
  const payload = (from: number, to: number): number =>
    (requests[from] as Request<'exchange'>).buffers.reduce(
      (sum, buffer) => sum + sliceOf(buffer, to)[1],
      0,
    );
  const answers = members.map((member, to) => {
    let address = member.claimedPages * pageBytes;
    growTo(member, address + size * payload(to, to));
    const parts = (requests[to] as Request<'exchange'>).buffers.map(() => new Array<number>(size));
    requests.forEach(({ buffers }, from) => {
      buffers.forEach((buffer, b) => {
        const [start, bytes] = sliceOf(buffer, to);
        const own = parts[b] as number[];
        own[from] = from === to ? buffer.address + start : address;
        if (from === to) return;
        const sender = members[from] as VirtualMember;
        copy(sender, buffer.address + start, member, { address, bytes });
        address += bytes;
      });
    });
    return parts;
  });
  return { answers, frames: [framesOf('exchange', size, payload)] };
}

function reduce(requests: readonly Request<'reduce'>[]): VirtualMeeting {
  const [first] = requests as [Request<'reduce'>];
  const size = requests.length;
  const total = first.values.slice();
  const parts = requests.map(({ values }) => bytesOfValues(values));
  reduceIntegers(total, parts, 0, first.operation);
  for (const { values } of requests) values.set(total);
  const bytes = total.byteLength;
  const answers = new Array(size).fill(undefined);
  if (!sumsInParts(size, bytes))
    return { answers, frames: [framesOf('reduce', size, () => bytes)] };
  const partBytes = (process: number): number => {
    const [from, to] = partOfProcess(process, size, bytes);
    return to - from;
  };
  return {
    answers,
    frames: [
      framesOf('reduce', size, (_, to) => partBytes(to)),
      framesOf('sums', size, (from) => partBytes(from)),
    ],
  };
}

function bytesOfValues({ buffer, byteOffset, byteLength }: BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function growTo({ memory }: VirtualMember, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
  if (missing > 0) memory.grow(missing);
}

function copy(
  sender: VirtualMember,
  from: number,
  receiver: VirtualMember,
  to: { readonly address: number; readonly bytes: number },
): void {
  const source = new Uint8Array(sender.memory.buffer, from, to.bytes);
  new Uint8Array(receiver.memory.buffer, to.address, to.bytes).set(source);
}
