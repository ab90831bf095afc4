/** Golden models of estimators that learn from estimators, of searches, and of what trees keep beside their splits. */

import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { ExtraTreesClassifier } from '../../src/ensemble/forest/extra-trees-classifier.ts';
import { ExtraTreesRegressor } from '../../src/ensemble/forest/extra-trees-regressor.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { RandomForestRegressor } from '../../src/ensemble/forest/random-forest-regressor.ts';
import { IsolationForest } from '../../src/ensemble/isolation/isolation-forest.ts';
import { UpliftForest } from '../../src/ensemble/uplift/uplift-forest.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
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
import '../../src/stacking/worker-operators.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { RecursiveFeatureElimination } from '../../src/tuning/elimination/recursive-feature-elimination.ts';
import { CrossValidator } from '../../src/tuning/search/cross-validator.ts';
import { SuccessiveHalving } from '../../src/tuning/search/successive-halving.ts';
import { TrainValidationSplit } from '../../src/tuning/search/train-validation-split.ts';
import { TunedThresholdClassifier } from '../../src/tuning/thresholds/tuned-threshold-classifier.ts';

const featuresCols = ['distance', 'speed', 'airport', 'isWeekend'];
const forest = { featuresCols, numTrees: 3, maxDepth: 4 };
const classTree = new DecisionTreeClassifier({ featuresCols, labelCol: 'verdict', maxDepth: 2 });
const numberTree = new DecisionTreeRegressor({ featuresCols, labelCol: 'delay', maxDepth: 2 });
const flagTree = new DecisionTreeClassifier({ featuresCols, labelCol: 'isLate', maxDepth: 3 });
const search = {
  estimator: classTree,
  evaluator: new MulticlassClassificationEvaluator({ labelCol: 'verdict' }),
  estimatorParamMaps: [{ maxDepth: 1 }, { maxDepth: 3 }],
};

/** Estimators by the class of the model they make. */
export const goldenEnsembleCases: Readonly<Record<string, () => Estimator>> = {
  ExtraTreesClassificationModel: () =>
    new ExtraTreesClassifier({ ...forest, labelCol: 'verdict', classWeights: 'balanced' }),
  ExtraTreesRegressionModel: () =>
    new ExtraTreesRegressor({ ...forest, labelCol: 'delay', weightCol: 'weight', leafCol: 'leaf' }),
  'RandomForestRegressionModel-quantiles': () =>
    new RandomForestRegressor({
      ...forest,
      labelCol: 'delay',
      quantilesCol: 'quantiles',
      quantileProbabilities: [0.1, 0.5, 0.9],
      varianceCol: 'variance',
      oobScore: true,
      bootstrap: true,
    }),
  'RandomForestClassificationModel-pruned': () =>
    new RandomForestClassifier({
      ...forest,
      maxDepth: 9,
      labelCol: 'verdict',
      ccpAlpha: 0.01,
      classWeights: 'balancedSubsample',
    }),
  'GBTRegressionModel-averaged': () =>
    new GBTRegressor({
      featuresCols,
      labelCol: 'delay',
      maxIter: 6,
      holdOutFolds: 4,
      numModels: 2,
      minInstancesPerNode: 4,
      contributionsCol: 'why',
    }),
  'GBTRegressionModel-linear': () =>
    new GBTRegressor({
      featuresCols,
      labelCol: 'delay',
      maxIter: 4,
      minInstancesPerNode: 8,
      linearLeaves: true,
    }),
  'GBTRegressionModel-dart': () =>
    new GBTRegressor({
      featuresCols,
      labelCol: 'delay',
      maxIter: 4,
      minInstancesPerNode: 4,
      dropRate: 0.6,
      skipDrop: 0.1,
    }),
  'GBTRegressionModel-quantiles': () =>
    new GBTRegressor({
      featuresCols,
      labelCol: 'delay',
      maxIter: 3,
      lossType: 'quantile',
      quantileAlphas: [0.2, 0.8],
      minInstancesPerNode: 4,
    }),
  'GBTClassificationModel-shaped': () =>
    new GBTClassifier({
      featuresCols,
      labelCol: 'isLate',
      maxIter: 3,
      minInstancesPerNode: 4,
      lossType: 'focal',
      focalGamma: 1.5,
      monotoneConstraints: { distance: 1 },
      interactionConstraints: [['distance', 'speed']],
      alpha: 0.01,
      pathSmoothing: 2,
      zeroAsMissing: true,
    }),
  UpliftForestModel: () =>
    new UpliftForest({
      ...{ ...forest, labelCol: 'isLate', treatmentCol: 'isWeekend', weightCol: 'weight' },
      featuresCols: ['distance', 'speed', 'airport'],
      ...{ minInstancesPerTreatment: 3, honestLeafShare: 0.4 },
    }),
  'UpliftForestModel-arms': () =>
    new UpliftForest({
      ...{ ...forest, labelCol: 'isWeekend', treatmentCol: 'verdict', weightCol: 'weight' },
      ...{ treatments: ['very late', 'early'], controlValue: 'late' },
      featuresCols: ['distance', 'speed', 'airport'],
      ...{ minInstancesPerTreatment: 2, honestLeafShare: 0 },
    }),
  IsolationForestModel: () =>
    new IsolationForest({ featuresCols, numTrees: 5, maxSamples: 32, contamination: 0.1 }),
  StackingClassificationModel: () =>
    new StackingClassifier({
      estimators: [classTree],
      finalEstimator: new DecisionTreeClassifier({ maxDepth: 2 }),
      numFolds: 2,
    }),
  StackingRegressionModel: () =>
    new StackingRegressor({ estimators: [numberTree, numberTree], numFolds: 2 }),
  VotingClassificationModel: () => new VotingClassifier({ estimators: [classTree, classTree] }),
  VotingRegressionModel: () => new VotingRegressor({ estimators: [numberTree, numberTree] }),
  BaggingClassificationModel: () =>
    new BaggingClassifier({ estimator: classTree, numEstimators: 2 }),
  BaggingRegressionModel: () => new BaggingRegressor({ estimator: numberTree, numEstimators: 2 }),
  AdaBoostClassificationModel: () => new AdaBoostClassifier({ estimator: classTree, maxIter: 2 }),
  AdaBoostRegressionModel: () => new AdaBoostRegressor({ estimator: numberTree, maxIter: 2 }),
  OneVsRestModel: () => new OneVsRest({ classifier: classTree }),
  CrossValidatorModel: () => new CrossValidator({ ...search, collectSubModels: true }),
  TrainValidationSplitModel: () => new TrainValidationSplit(search),
  SuccessiveHalvingModel: () => new SuccessiveHalving({ ...search, factor: 2 }),
  'PipelineModel-elimination': () =>
    new Pipeline({
      stages: [
        new VectorAssembler({ inputCols: featuresCols, outputCol: 'all', handleInvalid: 'keep' }),
        new RecursiveFeatureElimination({
          estimator: new DecisionTreeRegressor({
            featuresCol: 'all',
            labelCol: 'delay',
            maxDepth: 2,
          }),
          ...{ featuresCol: 'all', outputCol: 'kept', numFeatures: 2 },
        }),
      ],
    }),
  TunedThresholdClassificationModel: () =>
    new TunedThresholdClassifier({ estimator: flagTree, numFolds: 3 }),
};
