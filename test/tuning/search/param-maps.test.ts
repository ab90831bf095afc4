/** Grids, random candidates, and how names find parameters of an estimator. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import type { GBTClassifierOptions } from '../../../src/ensemble/params/gbt-params.ts';
import { RegressionEvaluator } from '../../../src/evaluation/evaluators/regression-evaluator.ts';
import { StringIndexer } from '../../../src/feature/categories/string-indexer.ts';
import { Binarizer } from '../../../src/feature/numbers/binarizer.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { CalibratedClassifier } from '../../../src/tuning/calibration/calibrated-classifier.ts';
import { CrossValidator } from '../../../src/tuning/search/cross-validator.ts';
import { halvingRounds } from '../../../src/tuning/search/halving-rounds.ts';
import { ParamGridBuilder } from '../../../src/tuning/search/param-grid-builder.ts';
import { type ParamMap, paramValue, withParams } from '../../../src/tuning/search/param-map.ts';
import { ParamRandomBuilder } from '../../../src/tuning/search/param-random-builder.ts';
import { errorOf } from '../../contract/error-of.ts';

const tree = new DecisionTreeClassifier({ featuresCols: ['x'], maxDepth: 4 });

describe('a grid', () => {
  it('has every combination, the last parameter fastest', () => {
    const grid = new ParamGridBuilder()
      .baseOn({ seed: 7 })
      .addGrid('maxDepth', [2, 3])
      .addGrid('impurity', ['gini', 'entropy', 'gini2'])
      .build();
    expect(grid.map(({ maxDepth, impurity }) => [maxDepth, impurity])).toEqual([
      [2, 'gini'],
      [2, 'entropy'],
      [2, 'gini2'],
      [3, 'gini'],
      [3, 'entropy'],
      [3, 'gini2'],
    ]);
    expect(grid.every(({ seed }) => seed === 7)).toBe(true);
    expect(Object.isFrozen(grid[0])).toBe(true);
    expect(new ParamGridBuilder().build()).toEqual([{}]);
  });

  it('takes the later values of a parameter that is given twice', () => {
    const grid = new ParamGridBuilder()
      .addGrid('a', [1, 2])
      .addGrid('b', [5, 6])
      .addGrid('a', [3])
      .build();
    expect(grid).toEqual([
      { b: 5, a: 3 },
      { b: 6, a: 3 },
    ]);
  });

  it('refuses an empty list and what JSON cannot hold', async () => {
    const builder = new ParamGridBuilder<Record<string, unknown>>();
    expect((await errorOf(() => builder.addGrid('a', []))).code).toBe('PARAM_INVALID');
    expect((await errorOf(() => builder.addGrid('a', [() => 1]))).code).toBe('PARAM_INVALID');
  });

  it('knows the names and types of an estimator at compile time', () => {
    const typed = new ParamGridBuilder<GBTClassifierOptions>();
    expectTypeOf(typed.addGrid<'maxDepth'>)
      .parameter(1)
      .toEqualTypeOf<readonly number[]>();
    // @ts-expect-error a misspelt name
    typed.addGrid('maxDept', [3]);
    // @ts-expect-error a value of another type
    typed.addGrid('maxDepth', ['3']);
  });
});

describe('random candidates', () => {
  const builder = (seed = 3) =>
    new ParamRandomBuilder({ seed })
      .baseOn({ maxIter: 20 })
      .addInteger('maxDepth', 3, 6)
      .addUniform('subsample', 0.5, 1)
      .addLogUniform('stepSize', 0.01, 1)
      .addChoice('lossType', ['a', 'b', 'c']);
  const numbers = (maps: readonly ParamMap[], name: string) => maps.map((map) => Number(map[name]));

  it('lie in their ranges, as often as the distribution says', () => {
    const drawn = builder().build(3000);
    const depths = numbers(drawn, 'maxDepth');
    for (const depth of [3, 4, 5, 6]) {
      const share = depths.filter((value) => value === depth).length / depths.length;
      expect(Math.abs(share - 0.25)).toBeLessThan(0.04);
    }
    const uniform = numbers(drawn, 'subsample');
    expect(uniform.every((value) => value >= 0.5 && value < 1)).toBe(true);
    expect(uniform.filter((value) => value < 0.75).length / 3000).toBeCloseTo(0.5, 1);
    const steps = numbers(drawn, 'stepSize');
    expect(steps.every((value) => value >= 0.01 && value <= 1)).toBe(true);
    expect(steps.filter((value) => value < 0.1).length / 3000).toBeCloseTo(0.5, 1);
    expect(new Set(drawn.map(({ lossType }) => lossType))).toEqual(new Set(['a', 'b', 'c']));
    expect(drawn.every(({ maxIter }) => maxIter === 20)).toBe(true);
  });

  it('hang on the seed, and not on how many there are or which other parameters', () => {
    expect(builder().build(5)).toEqual(builder().build(20).slice(0, 5));
    expect(builder(4).build(5)).not.toEqual(builder().build(5));
    const alone = new ParamRandomBuilder({ seed: 3 }).addUniform('subsample', 0.5, 1).build(5);
    expect(numbers(alone, 'subsample')).toEqual(numbers(builder().build(5), 'subsample'));
    const drawn = builder().build(50);
    // two parameters are two draws
    const rest = numbers(drawn, 'subsample').map((value) => (value - 0.5) / 0.5);
    const log = numbers(drawn, 'stepSize').map((value) => (Math.log10(value) + 2) / 2);
    expect(rest.some((value, i) => Math.abs(value - (log[i] as number)) > 0.3)).toBe(true);
  });

  it('refuse ranges that are none', async () => {
    const empty = new ParamRandomBuilder();
    for (const wrong of [
      () => empty.addUniform('a', 2, 1),
      () => empty.addLogUniform('a', 0, 1),
      () => empty.addInteger('a', 0.5, 2),
      () => empty.addChoice('a', []),
      () => empty.build(0),
      () => new ParamRandomBuilder({ seed: 0.5 }),
    ]) {
      expect((await errorOf(wrong)).code).toBe('PARAM_INVALID');
    }
  });
});

describe('names of parameters', () => {
  const indexer = new StringIndexer({ inputCol: 'word', outputCol: 'index' });
  const pipeline = new Pipeline({
    stages: [
      indexer,
      new Binarizer({ inputCol: 'a', outputCol: 'b' }),
      new Binarizer({ inputCol: 'c', outputCol: 'd', uid: 'second' }),
      tree,
    ],
  });
  const paramsAt = (stage: Pipeline, place: number) => stage.stages[place]?.params as object;

  it('are those of the estimator', () => {
    const changed = withParams(tree, { maxDepth: 2, impurity: 'entropy' });
    expect(changed.params).toMatchObject({ maxDepth: 2, impurity: 'entropy', featuresCols: ['x'] });
    expect(tree.params.maxDepth).toBe(4);
    expect(withParams(tree, {})).toBe(tree);
  });

  it('lead into a pipeline by class, number or uid, and else to its last estimator', () => {
    const changed = withParams(pipeline, {
      'StringIndexer.handleInvalid': 'keep',
      '1.threshold': 5,
      'second.threshold': 6,
      maxDepth: 1,
      'DecisionTreeClassifier.impurity': 'entropy',
    });
    expect(paramsAt(changed, 0)).toMatchObject({ handleInvalid: 'keep' });
    expect(paramsAt(changed, 1)).toMatchObject({ threshold: 5 });
    expect(paramsAt(changed, 2)).toMatchObject({ threshold: 6 });
    expect(paramsAt(changed, 3)).toMatchObject({ maxDepth: 1, impurity: 'entropy' });
    expect(paramsAt(pipeline, 3)).toMatchObject({ maxDepth: 4 });
    expect(paramValue(changed, 'maxDepth')).toBe(1);
    expect(paramValue(changed, '2.threshold')).toBe(6);
  });

  it('lead into an estimator inside another', () => {
    const calibrated = new CalibratedClassifier({ estimator: pipeline });
    const changed = withParams(calibrated, { numFolds: 4, 'estimator.0.handleInvalid': 'skip' });
    expect(changed.params.numFolds).toBe(4);
    expect(paramsAt(changed.params.estimator as Pipeline, 0)).toMatchObject({
      handleInvalid: 'skip',
    });
  });

  it.each([
    [{ maxDept: 3 }, 'PARAM_UNKNOWN', 'did you mean maxDepth?'],
    [{ min_samples_leaf: 3 }, 'PARAM_UNKNOWN', 'did you mean minInstancesPerNode?'],
    [{ maxDepth: -3 }, 'PARAM_INVALID', 'maxDepth of DecisionTreeClassifier must be'],
    [{ 'StringIndxer.handleInvalid': 'keep' }, 'PARAM_UNKNOWN', 'did you mean StringIndexer?'],
    [{ 'Binarizer.threshold': 1 }, 'PARAM_UNKNOWN', 'several have this class'],
    [{ '9.threshold': 1 }, 'PARAM_UNKNOWN', 'one of its stages'],
    [{ stages: [] }, 'PARAM_INVALID', 'must not be searched over'],
  ] as const)('that lead nowhere are refused: %j', async (params, code, text) => {
    const error = await errorOf(() => withParams(pipeline, params as unknown as ParamMap));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it('are checked when a search is made', async () => {
    const make = () =>
      new CrossValidator({
        estimator: new GBTClassifier(),
        evaluator: new RegressionEvaluator(),
        estimatorParamMaps: [{ maxDepth: 2 }, { maxDept: 3 }],
      });
    const error = await errorOf(make);
    expect(error.code).toBe('PARAM_INVALID');
    expect(error.message).toContain('in place 1');
    expect(error.message).toContain('did you mean maxDepth?');
  });
});

describe('the rounds of halving', () => {
  it.each([
    [
      9,
      3,
      [
        [9, 11],
        [3, 33],
        [1, 100],
      ],
    ],
    [
      10,
      3,
      [
        [10, 11],
        [4, 33],
        [2, 100],
      ],
    ],
    [2, 3, [[2, 100]]],
    [
      8,
      2,
      [
        [8, 13],
        [4, 25],
        [2, 50],
        [1, 100],
      ],
    ],
  ] as const)('of %i candidates by %i', (numCandidates, factor, expected) => {
    const plan = { numCandidates, factor, smallest: 1, largest: 100, isWhole: true };
    expect(halvingRounds(plan).map((r) => [r.numCandidates, r.resource])).toEqual(expected);
  });

  it('never give less than the least', () => {
    const plan = { numCandidates: 27, factor: 3, smallest: 0.2, largest: 1, isWhole: false };
    expect(halvingRounds(plan).map((round) => round.resource)).toEqual([0.2, 0.2, 1 / 3, 1]);
  });
});
