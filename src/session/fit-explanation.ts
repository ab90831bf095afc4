/**
 * What a fit would cost on so many executors, as `session.explain` found it. The seconds are those of a simulation over
 * links that the caller names; `simulate` asks it again for other links.
 */
import { CoppiceError } from '../base/errors.ts';
import { defaultTakeoverMs } from '../cluster/simulation/host-cores.ts';
import type { GangRecording } from '../cluster/simulation/recording.ts';
import { defaultCosts, simulateGang } from '../cluster/simulation/simulate-gang.ts';
import { latenessMs } from '../cluster/tcp/waiting.ts';

/** What a tree costs on so many executors. */
export interface ExplainedScale {
  /** How many executors. */
  readonly executors: number;
  /** Meetings a tree. */
  readonly meetings: number;
  /** Bytes a tree that all executors send together. */
  readonly bytes: number;
  /** Bytes a tree of the executor that sends most. */
  readonly mostBytes: number;
  /** Seconds a tree. */
  readonly seconds: number;
  /** Of these, what the busiest executor computes. */
  readonly computeSeconds: number;
  /** False where bytes and meetings were stretched from fewer executors. */
  readonly isRehearsed: boolean;
  /** The rounds of the trees. */
  readonly recording: GangRecording;
  /** How many trees these are. */
  readonly numTrees: number;
}

/** Links, hosts and what happens to them. */
export interface SimulationOptions {
  /** From one executor to another, one way, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** What an executor can send and receive, in gigabits a second. */
  readonly gigabitsPerSecond?: number | undefined;
  /** Executors that share a host. */
  readonly executorsPerHost?: number | undefined;
  /** Cores of a host; by default one an executor. */
  readonly coresPerHost?: number | undefined;
  /** Executors that compute so many times slower. */
  readonly stragglers?:
    | readonly {
        /** Which, from 0. */
        readonly executor: number;
        /** How many times slower. */
        readonly factor: number;
      }[]
    | undefined;
  /** Trees of the whole fit. */
  readonly trees?: number | undefined;
  /** Trees after which an executor is lost. */
  readonly failuresAfter?: readonly number[] | undefined;
  /** Trees between what the driver keeps; what was grown since is grown again. */
  readonly checkpointInterval?: number | undefined;
  /** From a loss to the first tree after it, reading included. */
  readonly recoverySeconds?: number | undefined;
}

/** What a simulated fit takes. */
export interface SimulatedFit {
  /** Seconds a tree, without failures. */
  readonly secondsPerTree: number;
  /** Seconds of all trees. */
  readonly seconds: number;
  /** Of these, what failures cost. */
  readonly lostSeconds: number;
}

/** What `session.explain` found. */
export class FitExplanation {
  /** For each number of executors. */
  readonly scales: readonly ExplainedScale[];
  readonly #links: SimulationOptions;

  /** @internal */
  constructor(scales: readonly ExplainedScale[], links: SimulationOptions) {
    this.scales = scales;
    this.#links = links;
  }

  /**
   * The same fit over other links, with stragglers and failures.
   *
   * @param executors one of the numbers that were explained
   * @throws CoppiceError `PARAM_INVALID` where it is not
   */
  simulate(executors: number, options: SimulationOptions = {}): SimulatedFit {
    const scale = this.scales.find((one) => one.executors === executors);
    if (scale === undefined) {
      const known = this.scales.map((one) => one.executors).join(', ');
      throw new CoppiceError(
        'PARAM_INVALID',
        `executors of simulate must be one of those explained (${known}); got ${executors}`,
      );
    }
    const given = { ...this.#links, ...options };
    const { trees = 100, failuresAfter = [], checkpointInterval = 10, recoverySeconds = 5 } = given;
    const { ms } = timeOf(scale.recording, given);
    const secondsPerTree = ms / 1000 / scale.numTrees;
    const lost = failuresAfter.map(
      (after) => recoverySeconds + (after % checkpointInterval) * secondsPerTree,
    );
    const lostSeconds = lost.reduce((sum, seconds) => sum + seconds, 0);
    return { secondsPerTree, seconds: trees * secondsPerTree + lostSeconds, lostSeconds };
  }

  /** A table of what a tree costs; `~` marks what was stretched from fewer executors. */
  toString(): string {
    const rows = this.scales.map((scale) => {
      const mark = scale.isRehearsed ? '' : '~';
      return [
        String(scale.executors),
        mark + scale.meetings.toFixed(1),
        mark + sizeText(scale.bytes),
        mark + scale.seconds.toPrecision(3),
      ];
    });
    const table = [['executors', 'meetings', 'bytes', 'seconds   (a tree)'], ...rows];
    const widths = [9, 8, 9];
    return table
      .map((cells) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '))
      .map((line) => line.trimEnd())
      .join('\n');
  }
}

/** What the rounds take over such links. */
export function timeOf(
  recording: GangRecording,
  options: SimulationOptions,
): { readonly ms: number; readonly computeMs: number } {
  const { latencyMs = 0, gigabitsPerSecond = 10, executorsPerHost = 1 } = options;
  return simulateGang(recording, {
    latencyMs,
    bytesPerMs: (gigabitsPerSecond * 1e9) / 8 / 1000,
    executorsPerHost,
    coresPerHost: options.coresPerHost ?? executorsPerHost,
    takeoverMs: defaultTakeoverMs,
    latenessMs,
    stragglers: options.stragglers ?? [],
    costs: defaultCosts,
  });
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes.toFixed(0)} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
