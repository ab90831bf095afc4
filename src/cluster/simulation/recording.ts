/**
 * What a gang of processes did, meeting by meeting: how long each computed before it, and how many bytes each sent to
 * each. Recorded from real processes (tcp-network.ts), or from a rehearsal in one thread (virtual-gang.ts); replayed
 * over links that are not there by simulate-gang.ts.
 *
 *   sent[from · numProcesses + to]   bytes of one frame, its head included
 */
import type { FrameName } from '../tcp/frames.ts';

/** Kinds of frames that processes send at meetings. */
export type RoundKind = Extract<
  FrameName,
  'barrier' | 'allgather' | 'exchange' | 'scatter' | 'reduce' | 'sums'
>;

/** One frame from every process to every other. */
export interface RecordedRound {
  /** What the processes did together. */
  readonly kind: RoundKind;
  /** The meeting that it is part of, from 1; sums of long arrays take two rounds. */
  readonly meeting: number;
  /** What each process computed since the round before, in milliseconds of a processor. */
  readonly computeMs: Float64Array;
  /** From when to when that was by the clock of the machine; null in rehearsals, whose ranks take turns. */
  readonly span: RoundSpan | null;
  /** Bytes from each process to each: float64[from · numProcesses + to]. */
  readonly sent: Float64Array;
}

/** When each process computed, in milliseconds of the clock that all of a machine share. */
export interface RoundSpan {
  /** When its ranks could go on after the round before. */
  readonly beganAt: Float64Array;
  /** When it had sent its frames. */
  readonly sentAt: Float64Array;
}

/** The rounds of a gang, in their order. */
export interface GangRecording {
  /** How many processes took part. */
  readonly numProcesses: number;
  /** What they did, in order. */
  readonly rounds: readonly RecordedRound[];
}

/** What one process of a real gang knows of a round. */
export interface OwnRound {
  readonly kind: RoundKind;
  readonly meeting: number;
  readonly computeMs: number;
  /** When its ranks could go on after the round before, in milliseconds of the machine's clock. */
  readonly beganAt: number;
  /** When it had sent its frames. */
  readonly sentAt: number;
  /** Bytes sent to each process. */
  readonly sent: readonly number[];
}

/** Puts together what the processes of a gang recorded. */
export function recordingOf(processes: readonly (readonly OwnRound[])[]): GangRecording {
  const numProcesses = processes.length;
  const rounds = (processes[0] ?? []).map(({ kind, meeting }, i) => ({
    kind,
    meeting,
    computeMs: Float64Array.from(processes, (own) => own[i]?.computeMs ?? 0),
    span: {
      beganAt: Float64Array.from(processes, (own) => own[i]?.beganAt ?? 0),
      sentAt: Float64Array.from(processes, (own) => own[i]?.sentAt ?? 0),
    },
    sent: Float64Array.from(processes.flatMap((own) => own[i]?.sent ?? [])),
  }));
  return { numProcesses, rounds };
}

/** The rounds of the meetings behind `from`, up to `to`. */
export function meetingsBetween(
  { numProcesses, rounds }: GangRecording,
  [from, to]: readonly [number, number],
): GangRecording {
  const kept = rounds.filter(({ meeting }) => meeting > from && meeting <= to);
  return { numProcesses, rounds: kept };
}

/** How often a gang met, and what it sent in all. */
export interface Traffic {
  readonly meetings: number;
  readonly bytes: number;
  /** Bytes of the process that sent most. */
  readonly mostBytes: number;
}

/** Counts meetings and bytes. */
export function trafficOf({ numProcesses, rounds }: GangRecording): Traffic {
  const bySender = new Float64Array(numProcesses);
  for (const { sent } of rounds) {
    sent.forEach((bytes, i) => {
      const from = Math.floor(i / numProcesses);
      bySender[from] = (bySender[from] as number) + bytes;
    });
  }
  return {
    meetings: new Set(rounds.map(({ meeting }) => meeting)).size,
    bytes: bySender.reduce((sum, bytes) => sum + bytes, 0),
    mostBytes: bySender.reduce((most, bytes) => Math.max(most, bytes), 0),
  };
}
