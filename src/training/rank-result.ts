/** What a rank hands back: the facts that every rank knows alike, and its own report. */
import type { IngestedRows } from './ingest/ingest.ts';
import type { DeviceTold, RankReport, TrainedFacts } from './messages.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** Milliseconds of a rank's phases, for the fit's log only; nothing in a model depends on them. */
export class PhaseClock {
  readonly phases: Record<string, number> = {};
  /** The meetings that there had been when a phase ended. */
  readonly meetings: Record<string, number> = {};
  readonly #counters: { readonly meetings: number };
  #since = performance.now();

  constructor({ counters }: { readonly counters: { readonly meetings: number } }) {
    this.#counters = counters;
  }

  /** Ends the running phase. */
  end(name: string): void {
    const now = performance.now();
    this.phases[name] = (this.phases[name] ?? 0) + now - this.#since;
    this.meetings[name] = this.#counters.meetings;
    this.#since = now;
  }
}

/** The facts of a model. */
export function trainedFacts(
  rows: IngestedRows,
  result: Omit<TrainedFacts, 'features' | 'classes' | 'numRows'>,
): TrainedFacts {
  return {
    features: rows.features.map(({ name, kind, categories }) => ({ name, kind, categories })),
    classes: rows.classes,
    numRows: rows.train.numAll,
    ...result,
  };
}

/** What a rank counts while it grows trees. */
export interface RankCounters {
  readonly histogramRows: number;
  readonly featuresDecided: number;
  readonly device?: DeviceTold | null;
}

/** What this rank did. */
export function rankReport(
  environment: RankEnvironment,
  rows: IngestedRows,
  counters: RankCounters | null,
  clock: PhaseClock,
): RankReport {
  const { collective } = environment;
  return {
    rank: collective.rank,
    numRows: rows.train.count,
    histogramRows: counters?.histogramRows ?? 0,
    featuresDecided: counters?.featuresDecided ?? 0,
    meetings: collective.counters.meetings,
    waitMs: collective.counters.waitMs,
    phaseMs: clock.phases,
    device: counters?.device ?? null,
    phaseMeetings: clock.meetings,
    roundedColumns: [...environment.roundedColumns],
  };
}
