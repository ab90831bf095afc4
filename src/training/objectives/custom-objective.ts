/**
 * An objective that is a function of the user. Boosting starts at one Newton step from a score of 0 (as XGBoost
 * does), in exact sums; for squared loss that is the mean. All outputs' derivatives of a round come from one
 * call a batch and are kept until their trees are grown.
 *
 * Where only label − score matters to the function (`centresLabels`), it is given labels less the start, as the
 * built-in losses of that kind are: a function for squared loss then gives the model of squared loss, bit for bit.
 */
import { ExactSum } from '../../base/exact-sum.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { BoostingJob, FunctionReference } from '../messages.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { UserFunctionCaller } from '../user-calls.ts';
import { callOnRows, type UserRows } from '../user-rows.ts';
import { sumOverRanks } from './base-score.ts';
import type { GradientRows, Objective, StartContext } from './objective.ts';
import type { StartRows } from './offset-start.ts';
import { orderWord } from './order-word.ts';

/** The objective of a job that brings a function. */
export function customObjective(
  job: BoostingJob,
  reference: FunctionReference,
  numOutputs: number,
): Objective {
  return new CustomObjective(job, reference, numOutputs);
}

class CustomObjective implements Objective {
  readonly numOutputs: number;
  readonly hessianIsWeight = false;
  readonly findsHessianRange = true;
  readonly centresLabels: boolean;
  readonly leafQuantiles = null;
  readonly #job: BoostingJob;
  readonly #reference: FunctionReference;
  #caller!: UserFunctionCaller;
  #rows!: Pick<IngestedRows, 'trainRuns' | 'validationRuns'>;
  /** Derivatives of this rank's rows, output by output. */
  #grads = new Float64Array(0);
  #hesses = new Float64Array(0);

  constructor(job: BoostingJob, reference: FunctionReference, numOutputs: number) {
    this.#job = job;
    this.#reference = reference;
    this.numOutputs = numOutputs;
    this.centresLabels = job.centresLabels;
  }

  async start(
    environment: RankEnvironment,
    rows: StartRows,
    context: StartContext,
  ): Promise<readonly number[]> {
    this.#rows = context.rows;
    const { owner } = this.#job.ingest;
    this.#caller = new UserFunctionCaller(environment, 'objective', this.#reference, owner);
    await this.#caller.prepare();
    const numRows = rows.labels.length;
    this.#grads = new Float64Array(numRows * this.numOutputs);
    this.#hesses = new Float64Array(numRows * this.numOutputs);
    this.#differentiate(environment, rows.labels, this.#scoresAt(rows, null));
    const sums: ExactSum[] = [];
    for (let k = 0; k < this.numOutputs; k++) {
      const grad = new ExactSum();
      const hess = new ExactSum();
      for (let i = 0; i < numRows; i++) {
        const w = rows.weights === null ? 1 : (rows.weights[i] as number);
        grad.addProduct(this.#grads[k * numRows + i] as number, w);
        hess.addProduct(this.#hesses[k * numRows + i] as number, w);
      }
      sums.push(grad, hess);
    }
    const totals = await sumOverRanks(environment, sums);
    return Array.from({ length: this.numOutputs }, (_, k) => {
      const hess = totals[2 * k + 1] as number;
      return hess > 0 ? -(totals[2 * k] as number) / hess : 0;
    });
  }

  firstGradients(
    environment: RankEnvironment,
    rows: StartRows,
    start: readonly number[],
  ): (label: number, row: number) => readonly [number, number] {
    const numRows = rows.labels.length;
    const [base = 0] = start;
    if (this.centresLabels) {
      const centred = rows.labels.map((label) => label - base);
      this.#differentiate(environment, centred, [new Float64Array(numRows)]);
    } else {
      this.#differentiate(environment, rows.labels, this.#scoresAt(rows, start));
    }
    return (_, row) => {
      let widest = 0;
      for (let k = 1; k < this.numOutputs; k++) {
        const own = Math.abs(this.#grads[k * numRows + row] as number);
        if (own > Math.abs(this.#grads[widest * numRows + row] as number)) widest = k;
      }
      const at = widest * numRows + row;
      return [this.#grads[at] as number, this.#hesses[at] as number];
    };
  }

  beginRound(environment: RankEnvironment, rows: GradientRows): void {
    const scores = Array.from({ length: this.numOutputs }, (_, k) =>
      environment.f64(rows.scores + k * rows.outputStride, rows.numRows),
    );
    this.#differentiate(environment, environment.f64(rows.labels, rows.numRows), scores);
  }

  gradients(environment: RankEnvironment, rows: GradientRows, output: number): void {
    const { numRows } = rows;
    const grads = environment.f64(rows.grads, numRows);
    const hesses = environment.f64(rows.hesses, numRows);
    const weights = rows.weights === 0 ? null : environment.f64(rows.weights, numRows);
    const at = output * numRows;
    let largestGrad = 0;
    let largestHess = 0;
    let leastHess = Number.POSITIVE_INFINITY;
    for (let i = 0; i < numRows; i++) {
      const w = weights === null ? 1 : (weights[i] as number);
      const g = (this.#grads[at + i] as number) * w;
      const h = (this.#hesses[at + i] as number) * w;
      grads[i] = g;
      hesses[i] = h;
      largestGrad = Math.max(largestGrad, Math.abs(g));
      largestHess = Math.max(largestHess, h);
      leastHess = Math.min(leastHess, h);
    }
    environment.f64(rows.stats, 2).set([largestGrad, largestHess]);
    new BigInt64Array(environment.memory.buffer, rows.stats + 16, 1)[0] = orderWord(leastHess);
  }

  losses(): void {
    throw new RangeError('a custom objective has derivatives only; its loss is metricFunction');
  }

  /** Where rows are before (start null) or at the start: offsets, plus the start. */
  #scoresAt(rows: StartRows, start: readonly number[] | null): Float64Array[] {
    return Array.from({ length: this.numOutputs }, (_, k) => {
      const first = start?.[k] ?? 0;
      const offsets = rows.offsets[k];
      const scores = new Float64Array(rows.labels.length).fill(first);
      if (offsets !== undefined) {
        for (let i = 0; i < scores.length; i++) scores[i] = first + (offsets[i] as number);
      }
      return scores;
    });
  }

  #differentiate(
    environment: RankEnvironment,
    labels: Float64Array,
    scores: readonly Float64Array[],
  ): void {
    const numAll = labels.length;
    const given: UserRows = {
      environment,
      job: this.#job.ingest,
      rows: this.#rows,
      part: 'train',
      labels,
      scores,
    };
    callOnRows(this.#caller, given, ({ from, numRows, first, second }) => {
      for (let k = 0; k < this.numOutputs; k++) {
        const own = k * numRows;
        this.#grads.set(first.subarray(own, own + numRows), k * numAll + from);
        this.#hesses.set(second.subarray(own, own + numRows), k * numAll + from);
      }
    });
  }
}
