/** The contract's cases of ensembles of any estimators; single trees are their members. */
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { AdaBoostRegressor } from '../../src/stacking/ada-boost/ada-boost-regressor.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { BaggingRegressor } from '../../src/stacking/bagging/bagging-regressor.ts';
import { OneVsRest } from '../../src/stacking/committee/one-vs-rest.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { StackingRegressor } from '../../src/stacking/stack/stacking-regressor.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import { VotingRegressor } from '../../src/stacking/voting/voting-regressor.ts';
import type { Columns, StageCase } from './stage-cases.ts';

const featuresCols = ['distance', 'carrier', 'hour'];
const classTree = new DecisionTreeClassifier({ featuresCols, labelCol: 'group', maxDepth: 2 });
const numberTree = new DecisionTreeRegressor({ featuresCols, labelCol: 'delay', maxDepth: 2 });

type Extra = Readonly<Record<string, unknown>> | undefined;

/** The cases by the name of the class. */
export function ensembleCases(table: Columns): Readonly<Record<string, StageCase>> {
  const ensemble = (make: (extra: Extra) => Estimator, modelName: string): StageCase => ({
    make,
    table,
    reads: 'carrier',
    modelName,
    fitsAnyType: 'dates are features too',
    refusesEmpty: true,
  });
  return {
    StackingClassifier: ensemble(
      (extra) =>
        new StackingClassifier({
          estimators: [classTree],
          finalEstimator: new DecisionTreeClassifier({ maxDepth: 2 }),
          numFolds: 2,
          ...extra,
        }),
      'StackingClassificationModel',
    ),
    StackingRegressor: ensemble(
      (extra) =>
        new StackingRegressor({
          estimators: [numberTree],
          finalEstimator: new DecisionTreeRegressor({ maxDepth: 2 }),
          numFolds: 2,
          ...extra,
        }),
      'StackingRegressionModel',
    ),
    VotingClassifier: ensemble(
      (extra) => new VotingClassifier({ estimators: [classTree, classTree], ...extra }),
      'VotingClassificationModel',
    ),
    VotingRegressor: ensemble(
      (extra) => new VotingRegressor({ estimators: [numberTree], ...extra }),
      'VotingRegressionModel',
    ),
    BaggingClassifier: ensemble(
      (extra) => new BaggingClassifier({ estimator: classTree, numEstimators: 2, ...extra }),
      'BaggingClassificationModel',
    ),
    BaggingRegressor: ensemble(
      (extra) => new BaggingRegressor({ estimator: numberTree, numEstimators: 2, ...extra }),
      'BaggingRegressionModel',
    ),
    AdaBoostClassifier: ensemble(
      (extra) => new AdaBoostClassifier({ estimator: classTree, maxIter: 2, ...extra }),
      'AdaBoostClassificationModel',
    ),
    AdaBoostRegressor: ensemble(
      (extra) => new AdaBoostRegressor({ estimator: numberTree, maxIter: 2, ...extra }),
      'AdaBoostRegressionModel',
    ),
    OneVsRest: ensemble(
      (extra) => new OneVsRest({ classifier: classTree, ...extra }),
      'OneVsRestModel',
    ),
  };
}
