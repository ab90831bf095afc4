/** The first frame on a connection: who is calling, for which gang, in which version of the protocol. */
import { timingSafeEqual } from 'node:crypto';
import { CoppiceError } from '../../base/errors.ts';
import { type Frame, joinPayload } from './frames.ts';
import { type NetworkPlace, ranksOf } from './network-place.ts';

/** Changes whenever frames or their meaning change. */
export const protocolVersion = 1;

/** The longest hello that is read. */
export const maxHelloBytes = 1024;

/** What a process says of itself. */
export interface Hello {
  readonly protocol: number;
  /** The secret that only members of the gang know. */
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /** First rank of the sender and the end of its ranks. */
  readonly ranks: readonly number[];
}

/** The hello of a process to another. */
export function helloTo(place: NetworkPlace, key: string, to: number): Uint8Array {
  const hello: Hello = {
    protocol: protocolVersion,
    key,
    from: place.process,
    to,
    ranks: ranksOf(place),
  };
  return new TextEncoder().encode(JSON.stringify(hello));
}

/** The hello in a frame, or null where it is none, or of another gang. */
export function readHello(frame: Frame, key: string): Hello | null {
  let found: Partial<Hello> | null;
  try {
    found = JSON.parse(new TextDecoder().decode(joinPayload(frame))) as Partial<Hello> | null;
  } catch {
    return null;
  }
  if (typeof found?.key !== 'string' || !isSame(found.key, key)) return null;
  return found as Hello;
}

/** @throws CoppiceError `PROTOCOL` when a member of the gang speaks otherwise than this process. */
export function checkHello(hello: Hello, place: NetworkPlace, from: number): void {
  if (hello.protocol !== protocolVersion) {
    throw new CoppiceError(
      'PROTOCOL',
      `process ${from} must speak version ${protocolVersion} of the protocol, as process ${place.process} does; got ${String(hello.protocol)}; install the same version of coppice everywhere`,
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

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
