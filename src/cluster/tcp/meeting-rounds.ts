/**
 * A meeting of processes as rounds of frames: what each sends the others, and what becomes of what comes. Who
 * sends and receives them does not matter here: the main thread (tcp-network.ts), or a rank's own (rank-meetings.ts).
 */
import { CoppiceError } from '../../base/errors.ts';
import { type Frame, frameKind } from './frames.ts';
import {
  layMessages,
  layScattered,
  laySlices,
  messagesFor,
  packMessages,
  type SharedWithRanks,
  slicesFor,
} from './meeting-payloads.ts';
import { type MeetingRequest, ranksOf, sliceBytes } from './network-place.ts';
import { reduceRounds } from './reduce-rounds.ts';
import type { Round } from './round.ts';

/** How a meeting that the ranks ask for begins. */
export function firstRound(shared: SharedWithRanks, request: MeetingRequest): Round {
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

/** What a frame is held against. */
export interface ExpectedFrame {
  /** Who sent it, and who got it. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly round: Round;
}

/** @throws CoppiceError `PROTOCOL` where a frame is none of this round */
export function checkFrame(frame: Frame, expected: ExpectedFrame): void {
  const { from, sequence, round } = expected;
  const kind = frameKind[round.kind];
  if (frame.kind !== kind || frame.sequence !== sequence) {
    const got = `meeting ${frame.sequence} of kind ${frame.kind}`;
    throw strayedError(expected, `expected meeting ${sequence} of kind ${kind}, got ${got}`);
  }
  const bytes = round.bytesOf?.(from) ?? frame.bytes;
  if (frame.bytes !== bytes)
    throw strayedError(expected, `expected ${bytes} bytes, got ${frame.bytes}`);
}

/** A process went another way than this one. */
export function strayedError(
  { name, from, to }: Pick<ExpectedFrame, 'name' | 'from' | 'to'>,
  what: string,
): CoppiceError {
  return new CoppiceError(
    'PROTOCOL',
    `${name} of the gang must be at the same meeting as process ${to}: ${what}`,
    { context: { process: from } },
  );
}

/** A process lives, but its ranks do not come. @param missing their numbers and names */
export function awaitedError(
  missing: readonly (readonly [number, string])[],
  to: number,
  timeoutMs: number,
): CoppiceError {
  const names = missing.map(([, name]) => name).join(' and ');
  return new CoppiceError(
    'COLLECTIVE_TIMEOUT',
    `process ${to} waited ${timeoutMs} ms at a meeting for ${names}: it lives, but its ranks did not come`,
    { context: { process: missing[0]?.[0] ?? -1 } },
  );
}

/** Why a connection to a process is over, as its gang is told; one that brings what is no frame is lost as a broken one. */
export function lostError(name: string, process: number, cause: Error): CoppiceError {
  if (cause instanceof CoppiceError) {
    const isGarbled = cause.code === 'PROTOCOL';
    const what = isGarbled ? `${name} of the gang must send whole frames: ` : '';
    const code = isGarbled ? 'EXECUTOR_LOST' : cause.code;
    return new CoppiceError(code, what + cause.message, { context: { process }, cause });
  }
  return new CoppiceError('EXECUTOR_LOST', `${name} of the gang was lost: ${cause.message}`, {
    context: { process, secondary: true },
    cause,
  });
}

/** What this process has used of its processors, in microseconds. */
export function usedMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The clock that all processes of a machine share, in milliseconds. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}
