/** Parameters of boosted trees that bring functions of the user: what is minimised, and what is measured. */
import { bool, oneOf } from '../../params/kinds.ts';
import { func, funcByName } from '../../params/object-kinds.ts';
import type { MetricFunction, ObjectiveFunction } from '../../training/user-calls.ts';

/** Functions of an estimator. */
export const functionParams = {
  /** A loss to minimise instead: fills in first and second derivatives of rows; a closure or `fromModule`. */
  objectiveFunction: func<ObjectiveFunction>({
    rule: 'a function (rows, { grads, hesses }) or fromModule(url, name)',
    since: '0.1.0',
  }),
  /** A loss to measure on validation rows instead: fills in the loss of each row; less is better. */
  metricFunction: func<MetricFunction>({
    rule: 'a function (rows, losses) or fromModule(url, name)',
    since: '0.1.0',
  }),
};

/** The same on a fitted model, which predicts without them and keeps their names. */
export const functionNames = {
  /** The function that was minimised; a loaded model knows its name. */
  objectiveFunction: funcByName<ObjectiveFunction>({ since: '0.1.0' }),
  /** The function that was measured; a loaded model knows its name. */
  metricFunction: funcByName<MetricFunction>({ since: '0.1.0' }),
};

/** Further parameters of a regressor's objectiveFunction. */
export const customLossParams = {
  /** With objectiveFunction: is a prediction the score (identity, the default), e^score (log) or a probability (logit)? */
  link: oneOf(['identity', 'log', 'logit'], { since: '0.1.0' }),
  /** With objectiveFunction: true where only label − score matters to it; it is then given centered labels. */
  centerLabels: bool({ since: '0.1.0' }),
};

/** The complaint about parameters that do not go together, or null. */
export function checkCustomLoss(params: {
  readonly objectiveFunction: unknown;
  readonly link: 'identity' | 'log' | 'logit' | undefined;
  readonly centerLabels: boolean | undefined;
}): string | null {
  if (params.objectiveFunction === undefined) {
    if (params.link !== undefined) return 'link must be left out without objectiveFunction';
    if (params.centerLabels !== undefined)
      return 'centerLabels must be left out without objectiveFunction';
  }
  if (params.centerLabels === true && (params.link ?? 'identity') !== 'identity')
    return `centerLabels must be false with link ${params.link}`;
  return null;
}
