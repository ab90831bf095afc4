/** The estimators that `--algo` and `--task` stand for. */
import { DecisionTreeClassifier } from '../ensemble/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../ensemble/decision-tree-regressor.ts';
import { ExtraTreesClassifier } from '../ensemble/extra-trees-classifier.ts';
import { ExtraTreesRegressor } from '../ensemble/extra-trees-regressor.ts';
import { GBTClassifier } from '../ensemble/gbt-classifier.ts';
import { GBTRegressor } from '../ensemble/gbt-regressor.ts';
import { RandomForestClassifier } from '../ensemble/random-forest-classifier.ts';
import { RandomForestRegressor } from '../ensemble/random-forest-regressor.ts';
import type { ParamSchema } from '../params/define-params.ts';
import type { Estimator } from '../pipeline/estimator.ts';

/** What `--algo` takes. */
export type Algorithm = 'gbt' | 'rf' | 'extra-trees' | 'dt';

/** What is learned. */
export type Task = 'classification' | 'regression';

interface EstimatorClass {
  readonly paramSchema: ParamSchema;
  new (options: never): Estimator;
}

const classes: Readonly<Record<Algorithm, Readonly<Record<Task, EstimatorClass>>>> = {
  gbt: { classification: GBTClassifier, regression: GBTRegressor },
  rf: { classification: RandomForestClassifier, regression: RandomForestRegressor },
  'extra-trees': { classification: ExtraTreesClassifier, regression: ExtraTreesRegressor },
  dt: { classification: DecisionTreeClassifier, regression: DecisionTreeRegressor },
};

/** The class of an algorithm and a task. */
export function estimatorClassOf(algorithm: Algorithm, task: Task): EstimatorClass {
  return classes[algorithm][task];
}

/** An estimator; its constructor checks the options. */
export function makeEstimator(
  algorithm: Algorithm,
  task: Task,
  options: Readonly<Record<string, unknown>>,
): Estimator {
  const EstimatorOfTask = estimatorClassOf(algorithm, task);
  return new EstimatorOfTask(options as never);
}
