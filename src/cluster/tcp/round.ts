import type { RoundKind } from '../simulation/recording.ts';
import type { Frame } from './frames.ts';

/** One frame to every other process and one of each: most meetings are one round. */
export interface Round {
  readonly kind: RoundKind;
  payloadFor(process: number): readonly Uint8Array[];
  /** What a process's frame must hold, in bytes; not known before it comes where this is null. */
  readonly bytesOf: ((process: number) => number) | null;
  /** Takes the frames in, and gives the next round of the meeting, or null where it is over. */
  finish(frames: ReadonlyMap<number, Frame>): Round | null;
}
