/** A metric that is a function of the user: the loss of each validation row, for labels and scores as they are. */
import { type BoostingState, scoreAddress, type UserMetric } from '../boosting/boosting-state.ts';
import { UserFunctionCaller } from '../user-calls.ts';
import { callOnRows } from '../user-rows.ts';

/** Measures this rank's validation rows. */
export class CustomMetric implements UserMetric {
  readonly #state: BoostingState;
  readonly #caller: UserFunctionCaller;

  private constructor(state: BoostingState, caller: UserFunctionCaller) {
    this.#state = state;
    this.#caller = caller;
  }

  /** The metric of a job; null where it has none. */
  static async of(state: Omit<BoostingState, 'metric'>): Promise<CustomMetric | null> {
    const { environment, job } = state;
    if (job.metricFunction === null) return null;
    const { owner } = job.ingest;
    const caller = new UserFunctionCaller(environment, 'metric', job.metricFunction, owner);
    await caller.prepare();
    return new CustomMetric({ ...state, metric: null }, caller);
  }

  /** Writes each validation row's loss, times its weight, to float64 at `out`. */
  losses(out: number): void {
    const { environment, rows, job } = this.#state;
    const { validation, weights } = rows;
    const losses = environment.f64(out, validation.count);
    const given = {
      environment,
      job: job.ingest,
      rows,
      part: 'validation',
      labels: this.#state.validationLabels ?? this.#column(rows.labels),
      scores: this.#scores(),
    } as const;
    callOnRows(this.#caller, given, ({ from, numRows, first }) => {
      losses.set(first.subarray(0, numRows), from);
    });
    if (weights === 0) return;
    const own = this.#column(weights);
    for (let i = 0; i < losses.length; i++) losses[i] = (losses[i] as number) * (own[i] as number);
  }

  #column(address: number): Float64Array {
    const { start, count } = this.#state.rows.validation;
    return this.#state.environment.f64(address + 8 * start, count);
  }

  /** Raw scores; where labels were centred, what was taken from them is added. */
  #scores(): Float64Array[] {
    const { objective, rows, centre } = this.#state;
    return Array.from({ length: objective.numOutputs }, (_, k) => {
      const scores = this.#column(scoreAddress(this.#state, k));
      if (!objective.centresLabels) return scores;
      const [offset] = rows.offsets;
      const offsets = offset === undefined ? null : this.#column(offset);
      return scores.map((score, i) => score + centre + (offsets?.[i] ?? 0));
    });
  }
}
