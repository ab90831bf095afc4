/** From a row's runs to its line in the table: medians, spread, and ratios to the fastest counted peer. */
import type { RowResult } from './results-file.ts';
import type { BenchRow, Contestant, RunRecord } from './row.ts';
import { isHigherBetter } from './score.ts';

/** A contestant's runs in short. */
export interface Standing {
  readonly contestant: Contestant;
  readonly variant: string;
  readonly version: string;
  readonly numRuns: number;
  /** Median seconds, for the row's full number of rounds. */
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly cpuSeconds: number;
  /** From the start of the process, which loads the library, to the result. */
  readonly processSeconds: number;
  /** The largest share of the cores that others used during a run. */
  readonly othersShare: number;
  readonly peakBytes: number;
  readonly score: number;
  /** Its seconds ÷ ours. */
  readonly ratio: number;
}

/** A row's outcome. */
export interface Outcome {
  readonly standings: readonly Standing[];
  /** Fastest counted peer ÷ ours, or null without one. */
  readonly ratio: number | null;
  /** Our peak memory ÷ the lightest counted peer's. */
  readonly memoryRatio: number | null;
  /** How much better our score is than the fastest counted peer's; positive is better. */
  readonly scoreLead: number | null;
}

/** Computes it. */
export function outcomeOf(row: BenchRow, result: RowResult): Outcome {
  const fullRounds = row.task().settings.rounds;
  const grouped = row.contestants.flatMap((contestant) => {
    const runs = result.runs.filter((run) => run.contestant === contestant.name);
    return runs.length === 0 ? [] : [{ contestant, runs }];
  });
  const secondsOf = (run: RunRecord): number => (run.seconds * fullRounds) / run.rounds;
  const ours = grouped[0]?.contestant === row.contestants[0] ? grouped[0] : undefined;
  const ourSeconds = ours === undefined ? Number.NaN : median(ours.runs.map(secondsOf));
  const standings = grouped.map(({ contestant, runs }): Standing => {
    const seconds = runs.map(secondsOf);
    const [first] = runs as [RunRecord];
    return {
      contestant,
      variant: first.variant,
      version: first.version,
      numRuns: runs.length,
      seconds: median(seconds),
      fastest: Math.min(...seconds),
      slowest: Math.max(...seconds),
      cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
      processSeconds: median(runs.map((run) => run.processSeconds)),
      othersShare: Math.max(...runs.map((run) => run.othersShare)),
      peakBytes: median(runs.map((run) => run.peakBytes)),
      score: first.score,
      ratio: median(seconds) / ourSeconds,
    };
  });
  const counted = standings.filter(
    ({ contestant }) => contestant !== row.contestants[0] && contestant.notCounted === undefined,
  );
  const mine = standings.find(({ contestant }) => contestant === row.contestants[0]);
  if (mine === undefined || counted.length === 0) {
    return { standings, ratio: null, memoryRatio: null, scoreLead: null };
  }
  const fastest = counted.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const lead = mine.score - fastest.score;
  return {
    standings,
    ratio: fastest.ratio,
    memoryRatio: mine.peakBytes / Math.min(...counted.map(({ peakBytes }) => peakBytes)),
    scoreLead: isHigherBetter(row.metric) ? lead : -lead,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
