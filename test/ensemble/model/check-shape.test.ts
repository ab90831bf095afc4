/** Parameters of a copy that do not suit what the model has learned are refused, not written into a file. */
import { describe, expect, it } from 'vitest';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { errorOf } from '../../contract/error-of.ts';
import { inlineTable } from '../../tools/inline-table.ts';

const x = Array.from({ length: 40 }, (_, i) => i);
const flags = [3, 5].map((every) => x.map((i) => (i % every === 0 ? 1 : 0)));
const [a = [], b = []] = flags;
const table = inlineTable({ x, y: x.map((i) => i / 7), z: x.map((i) => (i * 3) % 11), a, b });
const boosted = { featuresCols: ['x'], maxIter: 2, maxLeaves: 4, minInstancesPerNode: 2 };
const models: Readonly<Record<string, () => Promise<TreeModel>>> = {
  number: () => new GBTRegressor({ ...boosted, labelCol: 'y' }).fit(table),
  numbers: () => new GBTRegressor({ ...boosted, labelCols: ['y', 'z'] }).fit(table),
  quantiles: () =>
    new GBTRegressor({
      ...boosted,
      labelCol: 'y',
      lossType: 'quantile',
      quantileAlphas: [0.2, 0.8],
    }).fit(table),
  flags: () => new GBTClassifier({ ...boosted, labelCols: ['a', 'b'] }).fit(table),
  classes: () => new GBTClassifier({ ...boosted, labelCol: 'a' }).fit(table),
  forest: () =>
    new RandomForestRegressor({ featuresCols: ['x'], labelCols: ['y', 'z'], numTrees: 2 }).fit(
      table,
    ),
};

describe('a copy of a model', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['number', { labelCols: ['y', 'z'] }, 'labelCols of GBTRegressionModel must be left out'],
    ['number', { quantileAlphas: [0.1, 0.9] }, 'quantileAlphas of GBTRegressionModel must be left'],
    ['number', { numParallelTrees: 3 }, 'numParallelTrees of GBTRegressionModel must be 1'],
    ['numbers', { labelCols: ['y'] }, 'must be the 2 labels that it has learned; got 1'],
    ['numbers', { labelCols: undefined }, 'must be the 2 labels that it has learned; got none'],
    ['quantiles', { quantileAlphas: [0.5] }, 'must be the 2 quantiles that it has learned; got 1'],
    ['flags', { labelCols: undefined }, 'must be the 2 labels that it has learned; got none'],
    ['classes', { labelCols: ['a', 'b'] }, 'labelCols of GBTClassificationModel must be left out'],
    ['forest', { labelCols: ['y'] }, 'must be the 2 labels that it has learned; got 1'],
  ])('of %s is refused %o', async (name, params, words) => {
    const model = (await models[name]?.()) as TreeModel;
    const error = await errorOf(() => model.copy(params as never));
    expect(error.code).toBe('PARAM_INVALID');
    expect(error.message).toContain(words);
  });

  it('may call its labels otherwise', async () => {
    const model = (await models['numbers']?.()) as TreeModel;
    const copy = model.copy({ labelCols: ['u', 'v'] } as never);
    const scored = await copy.transform(table.select('x'));
    expect(scored.schema.fields.at(-1)?.metadata.get('labels')).toBe('["u","v"]');
  });

  it('of no trees is not truncated', async () => {
    const one = inlineTable({ x, label: x.map(() => 'only') });
    const model = await new GBTClassifier({ ...boosted }).fit(one);
    expect((await errorOf(() => model.truncate(1))).message).toContain('where there are no trees');
  });
});
