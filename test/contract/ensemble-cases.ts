/** The contract's cases of ensembles of any estimators; single trees are their members. */
import { DecisionTreeClassifier } from '../../src/ensemble/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/decision-tree-regressor.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { StackingClassifier } from '../../src/stacking/stacking-classifier.ts';
import { StackingRegressor } from '../../src/stacking/stacking-regressor.ts';
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
  };
}
