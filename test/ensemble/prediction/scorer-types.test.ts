/** What the compiler knows of a scorer's answers. */
import { describe, expectTypeOf, it } from 'vitest';
import type {
  CrossValidatorModel,
  GBTClassificationModel,
  GBTRankingModel,
  GBTRegressionModel,
  IsolationForestModel,
  KMeansModel,
  LinearRegressionModel,
  LogisticRegressionModel,
  PipelineModel,
  Prediction,
  RandomForestClassificationModel,
  RandomForestRegressionModel,
  StackingRegressionModel,
  TreeModel,
  UpliftForestModel,
  VotingClassificationModel,
} from '../../../src/index.ts';

const row = { x: 1 };

describe('the type of a prediction', () => {
  it('is a number of what predicts numbers', () => {
    const numbers = async (
      trees: GBTRegressionModel | RandomForestRegressionModel | GBTRankingModel | UpliftForestModel,
      linear: LinearRegressionModel,
      stack: StackingRegressionModel,
      clusters: KMeansModel,
    ) => [
      (await trees.scorer())(row).prediction,
      (await linear.scorer())(row).prediction,
      (await stack.scorer())(row).prediction,
      (await clusters.scorer())(row).prediction,
    ];
    expectTypeOf(numbers).returns.resolves.toEqualTypeOf<number[]>();
  });

  it('is a class of a classifier, and true or false of an isolation forest', () => {
    const classes = async (
      trees: GBTClassificationModel | RandomForestClassificationModel,
      linear: LogisticRegressionModel,
      vote: VotingClassificationModel,
    ) => [
      (await trees.scorer())(row).prediction,
      (await linear.scorer())(row).prediction,
      (await vote.scorer())(row).prediction,
    ];
    expectTypeOf(classes).returns.resolves.toEqualTypeOf<(number | string | boolean)[]>();
    const flag = async (model: IsolationForestModel) => (await model.scorer())(row).prediction;
    expectTypeOf(flag).returns.resolves.toEqualTypeOf<boolean>();
  });

  it('is what the caller says, and anything of a pipeline or a search without a word', () => {
    const ask = async (
      pipeline: PipelineModel,
      search: CrossValidatorModel,
      model: GBTClassificationModel,
    ) => ({
      plain: (await pipeline.scorer())(row).prediction,
      best: (await search.scorer())(row).prediction,
      number: (await pipeline.scorer<number>())(row).prediction,
      word: (await model.scorer<'yes' | 'no'>())(row).prediction,
      vector: (await model.scorer<Float64Array>())(row).prediction,
    });
    expectTypeOf(ask).returns.resolves.toEqualTypeOf<{
      plain: Prediction;
      best: Prediction;
      number: number;
      word: 'yes' | 'no';
      vector: Float64Array;
    }>();
  });

  it('leaves every model a model of trees', () => {
    expectTypeOf<GBTRegressionModel>().toExtend<TreeModel>();
    expectTypeOf<IsolationForestModel>().toExtend<TreeModel>();
  });
});
