/** The mean loss of the validation rows, by weight: an exact sum over all ranks. */
import { ExactSum } from '../base/exact-sum.ts';
import { sumOverRanks } from './base-score.ts';
import { type BoostingState, gradientRows } from './boosting-state.ts';

/** Measures the scores as they are. */
export async function validationLoss(state: BoostingState): Promise<number> {
  const { environment, objective, memory, metric } = state;
  const { validation, weights, train } = state.rows;
  if (metric === null && objective.groupLoss !== undefined)
    return await objective.groupLoss(environment, gradientRows(state, validation));
  const first = validation.start - train.numProcess;
  const out = memory.tail + 8 * first;
  await environment.reserve(memory.tail + 8 * validation.numProcess, 'validation losses');
  if (metric === null) objective.losses(environment, gradientRows(state, validation), out);
  else metric.losses(out);
  const loss = new ExactSum();
  loss.addMany(environment.f64(out, validation.count));
  const weight = new ExactSum();
  if (weights === 0) weight.add(validation.count);
  else weight.addMany(environment.f64(weights + 8 * validation.start, validation.count));
  const [total, totalWeight] = await sumOverRanks(environment, [loss, weight]);
  return (total as number) / (totalWeight as number);
}
