/**
 * Adding up one array of integers over all processes. The ranks of a process have added up theirs before.
 *
 *   two processes, or few bytes: each sends the other all, one round
 *   else: process p receives everyone's part p and adds it up (reduce), then sends it to all (sums): two rounds,
 *   and each sends 2 (W − 1) / W of the array, however many there are
 *
 * A ring sends as much in 2 (W − 1) rounds, halving and doubling in 2 log W; every pair of processes has a
 * connection of its own here, so the fewest rounds cost nothing.
 */
import { combineIntegers } from '../reduce-integers.ts';
import { copyPayload, type Frame, wordsOf } from './frames.ts';
import type { SharedWithRanks } from './meeting-payloads.ts';
import type { MeetingRequest } from './network-place.ts';
import type { Round } from './round.ts';

/** Arrays of at most so many bytes are sent whole: a second round costs more. */
const smallBytes = 16_384;

type ReduceRequest = Extract<MeetingRequest, { kind: 'reduce' }>;

/** The rounds of a reduction of the first bytes of the mailbox, in place. */
export function reduceRounds(shared: SharedWithRanks, request: ReduceRequest): Round {
  return sumsInParts(shared.place.firstRanks.length - 1, request.bytes)
    ? partsRound(shared, request)
    : wholeRound(shared, request);
}

/** True where an array is added up in parts, one a process. */
export function sumsInParts(numProcesses: number, bytes: number): boolean {
  return numProcesses > 2 && bytes > smallBytes;
}

/** The bytes [from, to) that a process adds up. */
export function partOfProcess(
  process: number,
  numProcesses: number,
  bytes: number,
): [number, number] {
  const numWords = bytes / 8;
  return [
    8 * Math.floor((numWords * process) / numProcesses),
    8 * Math.floor((numWords * (process + 1)) / numProcesses),
  ];
}

function wholeRound({ control }: SharedWithRanks, { bytes, operation }: ReduceRequest): Round {
  const mailbox = new Uint8Array(control.mailbox, 0, bytes);
  // the others may still be sending when this process's sum is complete
  const own = copyOf(mailbox);
  return {
    kind: 'reduce',
    payloadFor: () => [own],
    bytesOf: () => bytes,
    finish: (frames) => {
      for (const frame of frames.values()) combineIntegers(mailbox, wordsOf(frame), operation);
      return null;
    },
  };
}

function partsRound(
  { control, place }: SharedWithRanks,
  { bytes, operation }: ReduceRequest,
): Round {
  const numProcesses = place.firstRanks.length - 1;
  // changed when the others' sums are here, and so have had what they were to add
  const whole = new Uint8Array(control.mailbox, 0, bytes);
  const partOf = (process: number): [number, number] => partOfProcess(process, numProcesses, bytes);
  const [from, to] = partOf(place.process);
  // the others may still be receiving these at the next meeting
  const sums = copyOf(whole.subarray(from, to));
  const last: Round = {
    kind: 'sums',
    payloadFor: () => [sums],
    bytesOf: (process) => partOf(process)[1] - partOf(process)[0],
    finish: (frames: ReadonlyMap<number, Frame>) => {
      new Uint8Array(control.mailbox, from, to - from).set(sums);
      for (const [process, frame] of frames) {
        copyPayload(frame, new Uint8Array(control.mailbox, partOf(process)[0], frame.bytes));
      }
      return null;
    },
  };
  return {
    kind: 'reduce',
    payloadFor: (process) => [whole.subarray(...partOf(process))],
    bytesOf: () => to - from,
    finish: (frames) => {
      for (const frame of frames.values()) combineIntegers(sums, wordsOf(frame), operation);
      return last;
    },
  };
}

/** A copy; of shared memory, `slice` would copy byte by byte. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(bytes.length).buffer);
  copy.set(bytes);
  return copy;
}
