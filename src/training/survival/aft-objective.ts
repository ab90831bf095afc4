/**
 * Accelerated failure time as an objective: scores are logarithms of times. Rows without an event have negative labels; or
 * labels are the earliest times of events, and the latest lie beside them.
 */
import { ExactSum } from '../../base/exact-sum.ts';
import { log } from '../../base/portable-math.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import { sumOverRanks, weightedMean } from '../objectives/base-score.ts';
import type { GradientRows, Objective } from '../objectives/objective.ts';
import type { StartRows } from '../objectives/offset-start.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { type AftDistribution, AftLikelihood } from './aft-likelihood.ts';

const mostPasses = 60;

/** The objective. @param scale how widely logarithms of times are spread about the score */
export function aftObjective(distribution: AftDistribution, scale: number): Objective {
  const likelihood = new AftLikelihood(distribution, scale);
  const { derivatives } = likelihood;
  let all: IngestedRows | null = null;
  /** The latest times of rows; undefined where labels say all. */
  const latestOf = (environment: RankEnvironment, rows: GradientRows) => {
    const [address] = all?.otherLabels ?? [];
    if (all === null || address === undefined) return undefined;
    return environment.f64(address + rows.labels - all.labels, rows.numRows);
  };
  return {
    numOutputs: 1,
    hessianIsWeight: false,
    findsHessianRange: false,
    centresLabels: false,
    leafQuantiles: null,
    start: async (environment, rows) => [await startOf(environment, rows, likelihood)],
    prepare: async (_, rows) => {
      all = rows;
    },
    firstGradients:
      (_, { offsets, latest }, [base = 0]) =>
      (time, row) => {
        likelihood.differentiate(base + (offsets[0]?.[row] ?? 0), time, latest?.[row]);
        return [derivatives[0] as number, derivatives[1] as number];
      },
    beginRound: () => undefined,
    gradients: (environment, rows) => {
      const { numRows } = rows;
      const column = (address: number): Float64Array => environment.f64(address, numRows);
      const [scores, times] = [column(rows.scores), column(rows.labels)];
      const [grads, hesses] = [column(rows.grads), column(rows.hesses)];
      const weights = rows.weights === 0 ? null : column(rows.weights);
      const latest = latestOf(environment, rows);
      let largestGrad = 0;
      let largestHess = 0;
      for (let i = 0; i < numRows; i++) {
        const w = weights === null ? 1 : (weights[i] as number);
        likelihood.differentiate(scores[i] as number, times[i] as number, latest?.[i]);
        const g = (derivatives[0] as number) * w;
        const h = (derivatives[1] as number) * w;
        grads[i] = g;
        hesses[i] = h;
        largestGrad = Math.max(largestGrad, Math.abs(g));
        largestHess = Math.max(largestHess, h);
      }
      environment.f64(rows.stats, 2).set([largestGrad, largestHess]);
    },
    losses: (environment, rows, out) => {
      const { numRows } = rows;
      const column = (address: number): Float64Array => environment.f64(address, numRows);
      const [scores, times, losses] = [column(rows.scores), column(rows.labels), column(out)];
      const weights = rows.weights === 0 ? null : column(rows.weights);
      const latest = latestOf(environment, rows);
      for (let i = 0; i < numRows; i++) {
        const loss = likelihood.loss(scores[i] as number, times[i] as number, latest?.[i]);
        losses[i] = weights === null ? loss : loss * (weights[i] as number);
      }
    },
  };
}

/** A time within a row's bounds, as a logarithm. */
function logTime(time: number, latest = Number.POSITIVE_INFINITY): number {
  const earliest = Math.abs(time);
  if (earliest === 0) return latest === Number.POSITIVE_INFINITY ? 0 : log(latest);
  if (latest === Number.POSITIVE_INFINITY || latest === earliest) return log(earliest);
  return 0.5 * (log(earliest) + log(latest));
}

/** The constant of the least loss on top of the offsets: Newton's steps over exact sums, from the mean of log t. */
async function startOf(
  environment: RankEnvironment,
  rows: StartRows,
  likelihood: AftLikelihood,
): Promise<number> {
  const { labels, weights, offsets, latest } = rows;
  const [own] = offsets;
  const logs = labels.map((time, i) => logTime(time, latest?.[i]) - (own?.[i] ?? 0));
  let { mean: constant } = await weightedMean(environment, { labels: logs, weights });
  for (let pass = 0; pass < mostPasses; pass++) {
    const grad = new ExactSum();
    const hess = new ExactSum();
    for (let i = 0; i < labels.length; i++) {
      const w = weights === null ? 1 : (weights[i] as number);
      const score = constant + (own?.[i] ?? 0);
      likelihood.differentiate(score, labels[i] as number, latest?.[i]);
      grad.add(w * (likelihood.derivatives[0] as number));
      hess.add(w * (likelihood.derivatives[1] as number));
    }
    const [g, h] = (await sumOverRanks(environment, [grad, hess])) as [number, number];
    // where no row has an event there is no best constant, and times without end would be reached
    const step = Math.max(-1, Math.min(1, h > 0 ? -g / h : 0));
    constant += step;
    if (Math.abs(step) <= 1e-10 * Math.max(1, Math.abs(constant))) break;
  }
  return constant;
}
