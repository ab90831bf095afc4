/**
 * Proportional hazards as an objective (D. R. Cox, "Regression models and life-tables", 1972; ties as N. Breslow, 1974): of
 * the rows at risk when an event comes, the one that has it should have a high score. A score is the logarithm of a
 * hazard relative to others'; nothing is said of the hazard itself, so boosting starts at 0.
 *
 * With v = w e^score, R the sum of v over the rows at risk at a time, and d the weight of the events there, a row's
 * derivatives are g = v Σ d / R − w [event] and h = v Σ d / R − v² Σ d / R², sums over the times up to its own.
 */
import { CoppiceError } from '../../base/errors.ts';
import { ExactSum } from '../../base/exact-sum.ts';
import { exp, log } from '../../base/portable-math.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import { sumOverRanks } from '../objectives/base-score.ts';
import type { GradientRows, Objective, StartContext } from '../objectives/objective.ts';
import type { StartRows } from '../objectives/offset-start.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { RiskSets, sumsAtRisk } from './risk-sets.ts';

/** What is known of some rows before the first round. */
interface WatchedRows {
  readonly sets: RiskSets;
  /** Negative where no event came. */
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
  /** Weight of the events at each time. */
  readonly events: Float64Array;
}

/** Rows and their risk in a round. */
interface Risk {
  /** w e^score, in a unit that all rows share. */
  readonly values: Float64Array;
  /** Their sums over the rows at risk, by time. */
  readonly atRisk: Float64Array;
  /** The largest score, which the unit makes 0. */
  readonly top: number;
}

/** See the header. */
export class CoxObjective implements Objective {
  readonly numOutputs = 1;
  readonly hessianIsWeight = false;
  readonly findsHessianRange = false;
  readonly centresLabels = false;
  readonly leafQuantiles = null;
  /** Rows that stay long at risk have far larger derivatives than others. */
  readonly firstGradients = null;
  readonly #label: string;
  #train!: WatchedRows;
  #validation: WatchedRows | null = null;

  /** @param label the label column, for errors */
  constructor(label: string) {
    this.#label = label;
  }

  async start(
    environment: RankEnvironment,
    rows: StartRows,
    _context: StartContext,
  ): Promise<readonly number[]> {
    const count = BigInt64Array.of(BigInt(rows.labels.filter((label) => label > 0).length));
    await environment.wait(environment.collective.allreduce(count, 'sum'));
    if (count[0] !== 0n) return [0];
    throw new CoppiceError(
      'LABEL_INVALID',
      `${this.#label} must have an event in at least one row with lossType cox; got none: in censorCol 1 marks an event`,
    );
  }

  async prepare(environment: RankEnvironment, rows: IngestedRows): Promise<void> {
    this.#train = await watch(environment, rows, rows.train);
    this.#validation =
      rows.validation.numAll === 0 ? null : await watch(environment, rows, rows.validation);
  }

  async beginRound(environment: RankEnvironment, rows: GradientRows): Promise<void> {
    const { sets, labels, weights, events } = this.#train;
    const { values, atRisk } = await riskOf(environment, rows, this.#train);
    // Σ d / R and Σ d / R² up to each time
    const [first, second] = [new Float64Array(sets.numTimes), new Float64Array(sets.numTimes)];
    let [sum, squares] = [0, 0];
    for (let t = 0; t < sets.numTimes; t++) {
      const share = (events[t] as number) / (atRisk[t] as number);
      sum += share;
      squares += share / (atRisk[t] as number);
      first[t] = sum;
      second[t] = squares;
    }
    const grads = environment.f64(rows.grads, rows.numRows);
    const hesses = environment.f64(rows.hesses, rows.numRows);
    for (let i = 0; i < grads.length; i++) {
      const w = weights === null ? 1 : (weights[i] as number);
      const t = sets.places[i] as number;
      const v = values[i] as number;
      const hazard = v * (first[t] as number);
      grads[i] = hazard - ((labels[i] as number) > 0 ? w : 0);
      hesses[i] = Math.max(hazard - v * v * (second[t] as number), 1e-16 * w);
    }
  }

  gradients(environment: RankEnvironment, rows: GradientRows): void {
    let largestGrad = 0;
    let largestHess = 0;
    for (const grad of environment.f64(rows.grads, rows.numRows)) {
      largestGrad = Math.max(largestGrad, Math.abs(grad));
    }
    for (const hess of environment.f64(rows.hesses, rows.numRows)) {
      largestHess = Math.max(largestHess, hess);
    }
    environment.f64(rows.stats, 2).set([largestGrad, largestHess]);
  }

  losses(): void {
    throw new RangeError('the loss of proportional hazards is that of all rows, not of each');
  }

  /** −log of the partial likelihood of the validation rows, for a unit of their events' weight; 0 without events. */
  async groupLoss(environment: RankEnvironment, rows: GradientRows): Promise<number> {
    const watched = this.#validation as WatchedRows;
    const { sets, labels, weights } = watched;
    const { atRisk, top } = await riskOf(environment, rows, watched);
    const scores = environment.f64(rows.scores, rows.numRows);
    const loss = new ExactSum();
    const weight = new ExactSum();
    for (let i = 0; i < labels.length; i++) {
      if (!((labels[i] as number) > 0)) continue;
      const w = weights === null ? 1 : (weights[i] as number);
      const share = (scores[i] as number) - top - log(atRisk[sets.places[i] as number] as number);
      loss.add(-w * share);
      weight.add(w);
    }
    const [total, totalWeight] = (await sumOverRanks(environment, [loss, weight])) as [
      number,
      number,
    ];
    return totalWeight > 0 ? total / totalWeight : 0;
  }
}

async function watch(
  environment: RankEnvironment,
  rows: Pick<IngestedRows, 'labels' | 'weights'>,
  { start, count }: RankRows,
): Promise<WatchedRows> {
  const labels = environment.f64(rows.labels + 8 * start, count).slice();
  const weights =
    rows.weights === 0 ? null : environment.f64(rows.weights + 8 * start, count).slice();
  const sets = await RiskSets.of(environment, labels);
  const own = labels.map((label, i) => (label > 0 ? (weights?.[i] ?? 1) : 0));
  return { sets, labels, weights, events: await sets.sumByTime(own) };
}

async function riskOf(
  environment: RankEnvironment,
  rows: GradientRows,
  { sets, weights }: WatchedRows,
): Promise<Risk> {
  const scores = environment.f64(rows.scores, rows.numRows);
  const top = await largestOf(environment, scores);
  const values = scores.map((score, i) => exp(score - top) * (weights?.[i] ?? 1));
  const atRisk = sumsAtRisk(await sets.sumByTime(values));
  for (let t = 0; t < atRisk.length; t++) {
    // far below the largest score nothing is left of e^score
    if ((atRisk[t] as number) < 1e-290) atRisk[t] = 1e-290;
  }
  return { values, atRisk, top };
}

/** The largest of all ranks' numbers, as integers of the same order. */
async function largestOf(environment: RankEnvironment, numbers: Float64Array): Promise<number> {
  const own = new Float64Array([Number.NEGATIVE_INFINITY]);
  for (const number of numbers) if (number > (own[0] as number)) own[0] = number + 0;
  const words = new BigInt64Array(own.buffer);
  words[0] = turned(words[0] as bigint);
  await environment.wait(environment.collective.allreduce(words, 'max'));
  words[0] = turned(words[0] as bigint);
  return own[0] as number;
}

/** Bits of a negative number count downwards; turned twice they are as before. */
function turned(word: bigint): bigint {
  return word < 0n ? word ^ 0x7fffffffffffffffn : word;
}
