/**
 * How two members of a gang find out that both are members. Neither sends the gang's key; each proves that it
 * has it by a MAC over what the other has just drawn:
 *
 *   dialer: hello {who, nonce} + MAC → listener: welcome {who, nonce} + MAC → dialer: proof MAC → listener: ready
 *
 * The MACs of welcome and proof cover both sides' words and, under TLS, what only the two ends of this connection
 * can compute, so nobody between them can pass the words on. MACs are compared in constant time.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { CoppiceError } from '../../base/errors.ts';
import { type Frame, joinPayload } from './frames.ts';
import { type NetworkPlace, ranksOf } from './network-place.ts';

/** Changes whenever frames or their meaning change. */
export const protocolVersion = 4;

/** The longest frame of a handshake. */
export const maxHelloBytes = 4096;

/** What a process says of itself. */
export interface Hello {
  readonly protocol: number;
  readonly from: number;
  readonly to: number;
  /** First rank of the sender and the end of its ranks. */
  readonly ranks: readonly number[];
  /** Where it runs, for messages. */
  readonly host: string;
  readonly id: number;
  /** Its ranks can write and read a connection themselves. */
  readonly takesLanes: boolean;
  /** This connection is to be such a lane, beside the one that stands. */
  readonly isLane: boolean;
  /** Drawn for this connection. */
  readonly nonce: string;
}

/** What a MAC is for; a MAC of one step is none of another. */
type Step = 'hello' | 'welcome' | 'proof';

/** The words of a process to another. */
export function newHello(
  place: NetworkPlace,
  to: number,
  { takesLanes = false, isLane = false }: Partial<Pick<Hello, 'takesLanes' | 'isLane'>> = {},
): Hello {
  return {
    protocol: protocolVersion,
    from: place.process,
    to,
    ranks: ranksOf(place),
    host: hostname(),
    id: process.pid,
    takesLanes,
    isLane,
    nonce: randomBytes(16).toString('hex'),
  };
}

/** A step of the handshake as a payload. @param covered what its MAC covers besides the words */
export function sealed(key: string, step: Step, words: unknown, covered: string): Uint8Array {
  const text = JSON.stringify(words);
  return new TextEncoder().encode(
    JSON.stringify({ words: text, mac: macOf(key, step, text + covered) }),
  );
}

/** The words of a step, or null where they are none of a member of the gang. */
export function unsealed(key: string, step: Step, frame: Frame, covered: string): unknown {
  try {
    const found = JSON.parse(new TextDecoder().decode(joinPayload(frame))) as {
      words: string;
      mac: string;
    };
    if (!isSame(found.mac, macOf(key, step, found.words + covered))) return null;
    return JSON.parse(found.words);
  } catch {
    return null;
  }
}

/** What the MACs of both sides cover besides their words. @param channel what only this connection's ends know */
export function transcriptOf(dialer: Hello, listener: Hello | null, channel: string): string {
  return JSON.stringify([dialer, listener, channel]);
}

/** @throws CoppiceError `PROTOCOL` when a member of the gang speaks otherwise than this process. */
export function checkHello(hello: Hello, place: NetworkPlace, from: number): void {
  if (hello.protocol !== protocolVersion) {
    throw new CoppiceError(
      'PROTOCOL',
      `process ${from} on ${hello.host} must speak version ${protocolVersion} of the protocol, as process ${place.process} on ${hostname()} does; got ${String(hello.protocol)}; install the same version of coppice everywhere`,
      { context: { process: from } },
    );
  }
  const said = JSON.stringify([hello.from, hello.to, hello.ranks]);
  const expected = JSON.stringify([from, place.process, ranksOf(place, from)]);
  if (said === expected) return;
  throw new CoppiceError(
    'PROTOCOL',
    `process ${from} must introduce itself as ${expected} (from, to, ranks); got ${said}`,
    { context: { process: from } },
  );
}

function macOf(key: string, step: Step, text: string): string {
  return createHmac('sha256', key).update(`${step}\n${text}`).digest('hex');
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
