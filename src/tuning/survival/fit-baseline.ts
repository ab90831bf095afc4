/**
 * The baseline of proportional hazards: at each time of an event the cumulative hazard grows by the weight of the events
 * over the sum of weight · hazard of the rows still at risk, ties as the loss counts them (N. Breslow, "Covariance analysis
 * of censored survival data", 1974). Rows are brought into one order and summed with 106 bits: the same bits however they
 * are dealt.
 */
import { CoppiceError } from '../../base/errors.ts';
import { WideSum } from '../../evaluation/parts/wide-sum.ts';
import { joinedRows, orderOf, type SurvivalRows } from '../../training/survival/concordance.ts';
import { type Baseline, checkPrediction } from './survival-function.ts';

/** What the task is given. */
export interface BaselineTask {
  /** Rows whose risks are hazards. */
  readonly parts: readonly SurvivalRows[];
  readonly owner: string;
  /** Columns, for errors. */
  readonly labelCol: string;
  readonly predictionCol: string;
}

/** Below this share of the largest hazard nothing is left of a sum, as in the loss. */
const leastAtRisk = 1e-290;
/** Times a hazard of 0 it is 0. */
const mostHazard = 1e300;

/** See the header. @throws CoppiceError `DATA_INVALID`, `LABEL_INVALID` without an event */
export function fitBaseline({ parts, owner, labelCol, predictionCol }: BaselineTask): Baseline {
  const { times, risks: hazards, weights } = joinedRows(parts);
  let top = 0;
  for (const hazard of hazards) {
    checkPrediction('hazard', hazard, predictionCol);
    top = Math.max(top, hazard);
  }
  const unit = top > 0 ? top : 1;
  const order = orderOf(times, [weights, hazards]);
  const atRisk = new WideSum();
  const found: { readonly time: number; readonly growth: number }[] = [];
  for (let end = times.length; end > 0; ) {
    const time = Math.abs(times[order[end - 1] as number] as number);
    const events = new WideSum();
    for (; end > 0; end--) {
      const row = order[end - 1] as number;
      if (Math.abs(times[row] as number) !== time) break;
      const weight = weights[row] as number;
      atRisk.addProduct(weight, (hazards[row] as number) / unit);
      if ((times[row] as number) > 0) events.add(weight);
    }
    if (events.value() > 0)
      found.push({ time, growth: events.value() / Math.max(atRisk.value(), leastAtRisk) / unit });
  }
  if (found.length === 0) throw withoutEvents(owner, labelCol);
  found.reverse();
  const sum = new WideSum();
  return {
    times: Float64Array.from(found, ({ time }) => time),
    cumulativeHazard: Float64Array.from(found, ({ growth }) => {
      sum.add(Math.min(growth, mostHazard));
      return Math.min(sum.value(), mostHazard);
    }),
  };
}

function withoutEvents(owner: string, labelCol: string): CoppiceError {
  return new CoppiceError(
    'LABEL_INVALID',
    `the table given to ${owner} must have an event in at least one row of column ${labelCol}; got none: in censorCol 1 marks an event`,
    { context: { owner, column: labelCol } },
  );
}
