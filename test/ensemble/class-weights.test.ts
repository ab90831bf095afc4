/** Weights by class are weights of rows: the same trees, bit for bit, as with the products in a column. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../src/base/errors.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { paramsFromText } from '../../src/params/params-from-text.ts';
import { treeBytes } from '../tools/fitted-bytes.ts';
import { randomData, randomNumbers, range } from '../tools/random-data.ts';
import { columnNamed, numRowsOf, type SampleData, withSampleColumn } from '../tools/sample-data.ts';
import { fitSample, scoreSample } from '../training/fit-sample.ts';
import { recipes } from '../training/random-estimators.ts';

const shared = { maxIter: 4, minInstancesPerNode: 2, idCol: 'id', validationIndicatorCol: 'v' };

function fitClasses(data: SampleData, options: Record<string, unknown>) {
  const featuresCols = data.map(({ name }) => name).filter((name) => /^x\d+$/.test(name));
  const all = { ...shared, featuresCols, ...options };
  return fitSample({ name: 'GBTClassifier', options: all }, data);
}

/** The data with a column of weights: those of w, or 1, times the class's. */
function weighed(
  data: SampleData,
  labelCol: string,
  factors: Readonly<Record<string, number>>,
  hasWeights: boolean,
): SampleData {
  const labels = columnNamed(data, labelCol).cells;
  const weights = columnNamed(data, 'w').cells;
  const cells = labels.map(
    (label, i) => (hasWeights ? Number(weights[i]) : 1) * (factors[String(label)] ?? 1),
  );
  return withSampleColumn(data, { name: 'product', type: 'float64', cells });
}

describe('weights by class', () => {
  it('are the same as weights of rows', async () => {
    const factor = fc.double({ min: 0.01, max: 50, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        recipes,
        fc.constantFrom('b', 'k'),
        fc.boolean(),
        fc.array(factor, { minLength: 4, maxLength: 4 }),
        async (recipe, labelCol, hasWeights, factors) => {
          const data = randomData({ ...recipe, numRows: Math.min(recipe.numRows, 2500) });
          const classes = [...new Set(columnNamed(data, labelCol).cells.map(String))];
          const classWeights = Object.fromEntries(
            classes.map((name, k) => [name, factors[k] as number] as const).slice(0, 3),
          );
          const own = hasWeights ? { weightCol: 'w' } : {};
          const product = weighed(data, labelCol, classWeights, hasWeights);
          const outcomes = await Promise.allSettled([
            fitClasses(data, { labelCol, classWeights, ...own }),
            fitClasses(product, { labelCol, weightCol: 'product' }),
          ]);
          const [model, other] = outcomes.map((outcome) => {
            if (outcome.status === 'fulfilled') return outcome.value;
            // a class may be in validation rows alone
            expect(isCoppiceError(outcome.reason)).toBe(true);
            return null;
          });
          if (model === null || model === undefined || other === null || other === undefined) {
            expect(outcomes.map(({ status }) => status)).not.toContain('fulfilled');
            return;
          }
          expect(treeBytes(model)).toEqual(treeBytes(other));
          expect(model.summary).toEqual(other.summary);
          expect(await scoreSample(model, data)).toEqual(await scoreSample(other, data));
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });

  const data = randomData({
    seed: 31,
    numRows: 1200,
    kinds: ['float32', 'words', 'integers'],
    missing: 0.1,
  });
  const isTraining = columnNamed(data, 'v').cells.map((cell) => cell !== true);

  it.each([
    ['k', false],
    ['b', true],
  ] as const)(
    'that are balanced give each class of %s the same total',
    async (labelCol, hasWeights) => {
      const labels = columnNamed(data, labelCol).cells.map(String);
      const weights = columnNamed(data, 'w').cells.map((w) => (hasWeights ? Number(w) : 1));
      const totals: Record<string, number> = {};
      labels.forEach((label, i) => {
        if (isTraining[i]) totals[label] = (totals[label] ?? 0) + (weights[i] as number);
      });
      const all = Object.values(totals).reduce((sum, total) => sum + total, 0);
      const numClasses = Object.keys(totals).length;
      const classWeights = Object.fromEntries(
        Object.entries(totals).map(([label, total]) => [label, all / (numClasses * total)]),
      );
      const own = { labelCol, ...(hasWeights ? { weightCol: 'w' } : {}) };
      const balanced = await fitClasses(data, { ...own, classWeights: 'balanced' });
      const named = await fitClasses(data, { ...own, classWeights });
      balanced.data.baseScores.forEach((score, k) => {
        expect(score).toBeCloseTo(named.data.baseScores[k] as number, 9);
      });
      const flat = (await scoreSample(balanced, data))['probability'] as number[];
      const others = (await scoreSample(named, data))['probability'] as number[];
      flat.forEach((p, i) => {
        expect(p).toBeCloseTo(others[i] as number, 9);
      });
      // with equal totals no class begins ahead
      const [first = 0] = balanced.data.baseScores;
      for (const score of balanced.data.baseScores)
        expect(score).toBeCloseTo(numClasses === 2 ? 0 : first, 9);
    },
  );

  it('and scalePosWeight, the weight of the second class, are one thing', async () => {
    const scaled = await fitClasses(data, { labelCol: 'b', scalePosWeight: 6 });
    const named = await fitClasses(data, { labelCol: 'b', classWeights: { yes: 6 } });
    expect(treeBytes(scaled)).toEqual(treeBytes(named));
    const both = await fitClasses(data, {
      labelCol: 'b',
      scalePosWeight: 3,
      classWeights: { yes: 2 },
    });
    expect(treeBytes(both)).toEqual(treeBytes(named));
    expect(treeBytes(await fitClasses(data, { labelCol: 'b' }))).not.toEqual(treeBytes(named));
  });

  it('find a rare class that would be outvoted', async () => {
    const random = randomNumbers(6);
    const rows = range(4000).map(() => ({ x: random(), isRare: random() < 0.1 }));
    const rare: SampleData = [
      { name: 'x0', type: 'float64', cells: rows.map(({ x }) => x) },
      {
        name: 'label',
        type: 'text',
        cells: rows.map(({ x, isRare }) => (x > 0.8 && isRare ? 'rare' : 'common')),
      },
    ];
    const options = { labelCol: 'label', idCol: undefined, validationIndicatorCol: undefined };
    const found = async (extra: Record<string, unknown>): Promise<number> => {
      const model = await fitClasses(rare, { ...options, maxIter: 20, maxLeaves: 4, ...extra });
      const predicted = (await scoreSample(model, rare))['prediction'] as string[];
      const labels = columnNamed(rare, 'label').cells;
      const hits = predicted.filter((label, i) => label === 'rare' && labels[i] === 'rare').length;
      return hits / labels.filter((label) => label === 'rare').length;
    };
    expect(await found({})).toBeLessThan(0.1);
    expect(await found({ classWeights: 'balanced' })).toBeGreaterThan(0.9);
    expect(numRowsOf(rare)).toBe(4000);
  });

  it('are refused for classes that are not there, and scalePosWeight for more than two', async () => {
    await expect(
      fitClasses(data, { labelCol: 'b', classWeights: { maybe: 2 } }),
    ).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message:
        'classWeights of GBTClassifier must be weights of classes that b has (no, yes); got one of maybe',
    });
    await expect(fitClasses(data, { labelCol: 'k', scalePosWeight: 2 })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining('got 2 for 4 classes; use classWeights'),
    });
    expect(() => new GBTClassifier({ classWeights: { yes: 0 } })).toThrow(
      "classWeights of GBTClassifier must be 'balanced', or an object of numbers by name, each a finite number > 0",
    );
  });

  it('can be typed in a shell', () => {
    const text = 'classWeights=yes:3;no:0.5,scalePosWeight=2';
    expect(paramsFromText(GBTClassifier.paramSchema, text)).toEqual({
      classWeights: { yes: 3, no: 0.5 },
      scalePosWeight: 2,
    });
    expect(paramsFromText(GBTClassifier.paramSchema, 'classWeights=balanced')).toEqual({
      classWeights: 'balanced',
    });
    expect(paramsFromText(GBTClassifier.paramSchema, 'classWeights={"a:b":3}')).toEqual({
      classWeights: { 'a:b': 3 },
    });
  });
});
