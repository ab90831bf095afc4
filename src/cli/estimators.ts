/** The estimators that `--algo` and `--task` stand for. */
import { CoppiceError } from '../base/errors.ts';
import { GBTClassifier } from '../ensemble/boosting/gbt-classifier.ts';
import { GBTRanker } from '../ensemble/boosting/gbt-ranker.ts';
import { GBTRegressor } from '../ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../ensemble/forest/decision-tree-regressor.ts';
import { ExtraTreesClassifier } from '../ensemble/forest/extra-trees-classifier.ts';
import { ExtraTreesRegressor } from '../ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassifier } from '../ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../ensemble/forest/random-forest-regressor.ts';
import { IsolationForest } from '../ensemble/isolation/isolation-forest.ts';
import { UpliftForest } from '../ensemble/uplift/uplift-forest.ts';
import { LinearRegression } from '../linear/linear-regression.ts';
import { LogisticRegression } from '../linear/logistic-regression.ts';
import type { ParamSchema } from '../params/define-params.ts';
import type { Estimator } from '../pipeline/estimator.ts';
import { StackingClassifier } from '../stacking/stack/stacking-classifier.ts';
import { StackingRegressor } from '../stacking/stack/stacking-regressor.ts';

/** What `--algo` takes. */
export type Algorithm =
  | 'gbt'
  | 'rf'
  | 'extra-trees'
  | 'dt'
  | 'linear'
  | 'stack'
  | 'isolation-forest'
  | 'uplift-forest';

/** What is learned; anomalies need no label. */
export type Task = 'classification' | 'regression' | 'ranking' | 'anomalies' | 'uplift';

interface EstimatorClass {
  readonly paramSchema: ParamSchema;
  new (options: never): Estimator;
}

type ClassesOfTasks = Readonly<Partial<Record<Task, EstimatorClass>>>;

const classes: Readonly<Record<Algorithm, ClassesOfTasks>> = {
  gbt: { classification: GBTClassifier, regression: GBTRegressor, ranking: GBTRanker },
  rf: { classification: RandomForestClassifier, regression: RandomForestRegressor },
  'extra-trees': { classification: ExtraTreesClassifier, regression: ExtraTreesRegressor },
  dt: { classification: DecisionTreeClassifier, regression: DecisionTreeRegressor },
  linear: { classification: LogisticRegression, regression: LinearRegression },
  stack: { classification: StackingClassifier, regression: StackingRegressor },
  'isolation-forest': { anomalies: IsolationForest },
  'uplift-forest': { uplift: UpliftForest },
};

/** The class of an algorithm and a task. @throws CoppiceError `USAGE` */
export function estimatorClassOf(algorithm: Algorithm, task: Task): EstimatorClass {
  const found = classes[algorithm][task];
  if (found !== undefined) return found;
  const others = (Object.keys(classes) as Algorithm[]).filter((name) => task in classes[name]);
  throw new CoppiceError(
    'USAGE',
    `--algo of the task ${task} must be ${others.join(' or ')}; got ${algorithm}`,
  );
}

/** An estimator; its constructor checks the options. A stack is one of boosted trees and both kinds of forests. */
export function makeEstimator(
  algorithm: Algorithm,
  task: Task,
  options: Readonly<Record<string, unknown>>,
): Estimator {
  const EstimatorOfTask = estimatorClassOf(algorithm, task);
  if (algorithm !== 'stack') return new EstimatorOfTask(options as never);
  const { featuresCols, ...rest } = options;
  const members = (['gbt', 'rf', 'extra-trees'] as const).map((name) =>
    makeEstimator(name, task, { featuresCols, labelCol: options['labelCol'] }),
  );
  const names = ['boosted', 'forest', 'extra'];
  return new EstimatorOfTask({ estimators: members, names, ...rest } as never);
}
