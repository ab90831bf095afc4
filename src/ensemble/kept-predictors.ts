/** A thread's predictors by model: laying trees out takes longer than walking a few rows down them. */
import { TreePredictor } from '../tree/predictor.ts';
import type { TreeEnsemble } from '../tree/tree.ts';

/** Models whose predictors a thread keeps. */
const mostKept = 8;
const predictors = new Map<string, TreePredictor>();

/** The predictor of a model, made when it is first asked for. */
export function keptPredictor(
  modelId: string,
  trees: TreeEnsemble,
  numOutputs: number,
): TreePredictor {
  const known = predictors.get(modelId);
  if (known !== undefined) return known;
  const predictor = new TreePredictor(trees, { numOutputs });
  predictors.set(modelId, predictor);
  const oldest = predictors.keys().next().value;
  if (predictors.size > mostKept && oldest !== undefined) predictors.delete(oldest);
  return predictor;
}
