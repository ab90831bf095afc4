/** The columns that models add: names, types, classes, thresholds, leaves; and importances. */
import type { DataType, Field, FixedSizeList, Table, Vector } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { RandomForestClassifier } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { winners } from '../../../src/ensemble/prediction/output-columns.ts';
import { dictionaryColumn } from '../../../src/table/columns/make-column.ts';
import { type ColumnInput, tableFromColumns } from '../../../src/table/create-table.ts';
import { randomData } from '../../tools/random-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import {
  type EstimatorCase,
  estimatorClasses,
  makeEstimator,
} from '../../training/random-estimators.ts';

const runner = new InlineRunner();
const names = Object.keys(estimatorClasses) as EstimatorCase['name'][];
const recipe = {
  seed: 3,
  numRows: 600,
  kinds: ['float32', 'words', 'float64', 'all missing'],
  missing: 0.1,
} as const;
const data = randomData(recipe);
const featuresCols = ['x0', 'x1', 'x2', 'x3'];

/** A table whose label has two values of its type. */
function labelled(label: ColumnInput) {
  return tableFromColumns(runner, { x: [1, 2, 3, 4, 5, 6, 7, 8], label });
}

async function collectScored(model: TreeModel, table: ReturnType<typeof labelled>): Promise<Table> {
  return await (await model.transform(table)).collect();
}

describe('the prediction of a classifier', () => {
  it('is the same whichever of its columns are read', async () => {
    const table = labelled(['a', 'b', 'a', 'b', 'b', 'b', 'a', 'a']);
    const options = { featuresCols: ['x'], minInstancesPerNode: 1, maxIter: 3 };
    const scored = await (await new GBTClassifier(options).fit(table)).transform(table);
    const all = await scored.collect();
    for (const name of ['rawPrediction', 'probability', 'prediction']) {
      const alone = (await scored.select(name).collect()).getChild(name);
      expect(String(alone)).toBe(String(all.getChild(name)));
    }
  });

  const twice = <T>(values: readonly T[]): T[] => [...values, ...values];
  const labels: Readonly<Record<string, [ColumnInput, string, readonly unknown[]]>> = {
    tinyint: [Int8Array.from(twice([-1, -1, 5, 5])), 'Int8', [-1, 5]],
    smallint: [Int16Array.from(twice([-300, -300, 5, 5])), 'Int16', [-300, 5]],
    int: [Int32Array.from(twice([7, 7, 5, 5])), 'Int32', [5, 7]],
    bigint: [BigInt64Array.from(twice([2n ** 50n, 2n ** 50n, -1n, -1n])), 'Int64', [-1, 2 ** 50]],
    utinyint: [Uint8Array.from(twice([0, 0, 255, 255])), 'Uint8', [0, 255]],
    uint: [Uint32Array.from(twice([0, 0, 2 ** 32 - 1, 2 ** 32 - 1])), 'Uint32', [0, 2 ** 32 - 1]],
    float: [Float32Array.from(twice([0.5, 0.5, 0.1, 0.1])), 'Float32', [Math.fround(0.1), 0.5]],
    double: [Float64Array.from(twice([0.5, 0.5, 0.1, 0.1])), 'Float64', [0.1, 0.5]],
    boolean: [twice([true, true, false, false]), 'Bool', [false, true]],
    string: [twice(['b', 'b', 'Ä', 'Ä']), 'Utf8', ['b', 'Ä']],
    dictionary: [
      dictionaryColumn(Int32Array.from(twice([1, 1, 0, 0])), ['unused', 'b']),
      'Utf8',
      ['b', 'unused'],
    ],
  };
  for (const [type, [label, arrowType, classes]] of Object.entries(labels)) {
    it(`has the type of a ${type} label, and its classes ascend`, async () => {
      const table = labelled(label);
      const options = { featuresCols: ['x'], minInstancesPerNode: 1, maxIter: 3 };
      const estimator = new GBTClassifier(options);
      const model = await estimator.fit(table);
      expect(model.classes).toEqual(classes);
      const scored = await collectScored(model, table);
      const prediction = scored.getChild('prediction') as Vector;
      expect(String(prediction.type)).toBe(arrowType);
      const found = new Set(Array.from(prediction, (value) => String(value)));
      for (const value of found) expect(classes.map(String)).toContain(value);
      const probability = scored.schema.fields.find(({ name }) => name === 'probability') as Field;
      expect(JSON.parse(probability.metadata.get('classes') as string)).toEqual(classes);
      expect((probability.type as FixedSizeList).listSize).toBe(2);
      const planned = estimator.transformSchema(table.schema).fields.map(nameAndType);
      expect(planned).toEqual(scored.schema.fields.map(nameAndType));
    });
  }

  function nameAndType({ name, type }: Field<DataType>): string {
    return `${name} ${String(type)}`;
  }
});

describe('the columns of a model', () => {
  for (const name of names) {
    const isClassifier = name.endsWith('Classifier');
    const labelCol = isClassifier ? 'k' : 'y';
    const few = name.startsWith('GBT')
      ? { maxIter: 8 }
      : name.startsWith('Random')
        ? { numTrees: 8 }
        : {};
    it(`stand behind those of the table, in Spark’s order: ${name}`, async () => {
      const table = tableFromColumns(runner, {
        x: [1, 2, 3, 4],
        label: [0, 1, 0, 1],
        z: [1, 1, 1, 1],
      });
      const found = { name, options: { ...few, featuresCols: ['x'], leafCol: 'leaf' } };
      const model = await makeEstimator(found).fit(table);
      const scored = await model.transform(table);
      const added = isClassifier
        ? ['rawPrediction', 'probability', 'prediction', 'leaf']
        : ['prediction', 'leaf'];
      expect(scored.columns).toEqual(['x', 'label', 'z', ...added]);
      expect(table.columns).toEqual(['x', 'label', 'z']);
    });

    it(`may be named otherwise, but not like a column of the table: ${name}`, async () => {
      const columns = { ...few, featuresCols, labelCol, predictionCol: 'guess' };
      const model = await fitSample({ name, options: columns }, data);
      expect(Object.keys(await scoreSample(model, data))).toContain('guess');
      const taken = await fitSample({ name, options: { ...columns, predictionCol: 'w' } }, data);
      await expect(scoreSample(taken, data)).rejects.toMatchObject({
        code: 'COLUMN_EXISTS',
        message: expect.stringContaining(`predictionCol of ${taken.className}`) as unknown,
      });
    });

    it(`number the leaves of each tree from the left: ${name}`, async () => {
      const options = { ...few, featuresCols, labelCol, leafCol: 'leaf' };
      const model = await fitSample({ name, options }, data);
      const scored = await scoreSample(model, data);
      const leaves = scored['leaf'] as number[];
      const { trees, numTrees } = model;
      expect(leaves.length).toBe(recipe.numRows * numTrees);
      const byTree = Array.from({ length: numTrees }, (_, t) => {
        const start = trees.treeStart[t] as number;
        const end = trees.treeStart[t + 1] as number;
        return trees.leftChild.slice(start, end).filter((left) => left === 0).length;
      });
      byTree.forEach((numLeaves, t) => {
        const found = leaves.filter((_, i) => i % numTrees === t);
        for (const leaf of found) {
          if (!(Number.isInteger(leaf) && leaf >= 0 && leaf < numLeaves))
            throw new Error(`${leaf}`);
        }
        // rows reach every leaf of a tree that was grown on all of them
        if (!name.startsWith('RandomForest')) expect(new Set(found).size).toBe(numLeaves);
      });
      // rows that share every leaf share the score
      const scores = new Map<string, unknown>();
      for (let row = 0; row < recipe.numRows; row++) {
        const key = leaves.slice(row * numTrees, (row + 1) * numTrees).join();
        const value = scored['prediction']?.[row];
        expect(scores.get(key) ?? value).toEqual(value);
        scores.set(key, value);
      }
    });

    it(`come with importances that add up to 1, 0 for what says nothing: ${name}`, async () => {
      const model = await fitSample({ name, options: { ...few, featuresCols, labelCol } }, data);
      const importances = model.featureImportances;
      expect(importances.length).toBe(4);
      expect(importances.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      expect(importances[3]).toBe(0);
      expect(importances.every((value) => value >= 0)).toBe(true);
      expect(model.featureNames).toEqual(featuresCols);
      expect(importances[0]).toBeGreaterThan(0.2);
    });
  }

  it('keep the order and the number of rows, also of partitions that are empty', async () => {
    const table = tableFromColumns(
      runner,
      { x: [1, 2, 3], label: [0, 1, 0], row: [10, 20, 30] },
      { numPartitions: 5 },
    );
    const model = await new GBTClassifier({ featuresCols: ['x'] }).fit(table);
    const scored = await collectScored(model, table);
    expect([...(scored.getChild('row') as Vector)]).toEqual([10, 20, 30]);
  });
});

describe('scores of two classes', () => {
  it('are [−F, F] and 1 / (1 + e^−F) in boosting', async () => {
    const options = { featuresCols, labelCol: 'b', maxIter: 5 };
    const scored = await scoreSample(
      await fitSample({ name: 'GBTClassifier', options }, data),
      data,
    );
    const raw = scored['rawPrediction'] as number[];
    const probability = scored['probability'] as number[];
    for (let row = 0; row < recipe.numRows; row++) {
      const margin = raw[2 * row + 1] as number;
      expect(raw[2 * row]).toBe(-margin);
      expect(probability[2 * row + 1]).toBeCloseTo(1 / (1 + Math.exp(-margin)), 14);
      expect((probability[2 * row] as number) + (probability[2 * row + 1] as number)).toBeCloseTo(
        1,
      );
    }
  });

  it('are shares summed over trees, and their mean, in a forest', async () => {
    const options = { featuresCols, labelCol: 'b', numTrees: 7 };
    const model = await fitSample({ name: 'RandomForestClassifier', options }, data);
    const scored = await scoreSample(model, data);
    const raw = scored['rawPrediction'] as number[];
    const probability = scored['probability'] as number[];
    for (let i = 0; i < raw.length; i += 2) {
      expect((raw[i] as number) + (raw[i + 1] as number)).toBeCloseTo(7, 12);
      expect(probability[i]).toBeCloseTo((raw[i] as number) / 7, 12);
    }
  });
});

describe('thresholds', () => {
  it('predict the class of the largest probability / threshold, the first of equals', () => {
    const share = fc.constantFrom(0, 0.1, 0.25, 0.5, 1);
    const positive = fc.constantFrom(0.01, 0.25, 0.5, 1, 3);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(share, share, share), { minLength: 1 }),
        fc.tuple(positive, positive, positive),
        (rows, thresholds) => {
          const codes = winners(Float64Array.from(rows.flat()), 3, thresholds);
          rows.forEach((row, i) => {
            const ratios = row.map((p, k) => p / (thresholds[k] as number));
            expect(codes[i]).toBe(ratios.indexOf(Math.max(...ratios)));
          });
          expect(winners(Float64Array.from(rows.flat()), 3, [1, 1, 1])).toEqual(
            winners(Float64Array.from(rows.flat()), 3, null),
          );
        },
      ),
    );
  });

  it('of 0 predict their class wherever it is possible at all', () => {
    expect([...winners(Float64Array.of(0.01, 0.99, 0, 1), 2, [0, 1])]).toEqual([0, 1]);
  });

  it('change predictions, not probabilities, in transform and scorer alike', async () => {
    const options = { featuresCols, labelCol: 'b', maxIter: 5 };
    const plain = await scoreSample(
      await fitSample({ name: 'GBTClassifier', options }, data),
      data,
    );
    const model = await fitSample(
      { name: 'GBTClassifier', options: { ...options, thresholds: [0.2, 0.8] } },
      data,
    );
    const scored = await scoreSample(model, data);
    expect(scored['probability']).toEqual(plain['probability']);
    const numNo = (column: unknown[] | undefined) =>
      column?.filter((value) => value === 'no').length;
    expect(numNo(scored['prediction'])).toBeGreaterThan(numNo(plain['prediction']) as number);
    const score = await model.scorer();
    const values = Object.fromEntries(data.map(({ name, cells }) => [name, cells[0] ?? null]));
    expect(score(values).prediction).toBe(scored['prediction']?.[0]);
  });

  it('must be one a class', async () => {
    const options = { featuresCols: ['x'], numTrees: 2, thresholds: [1, 2, 3] };
    const table = labelled(Int32Array.from([0, 1, 0, 1, 0, 1, 0, 1]));
    await expect(new RandomForestClassifier(options).fit(table)).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringMatching(
        /thresholds of .* must be 2 numbers ≥ 0, .*got \[1, 2, 3\]/,
      ) as unknown,
    });
  });
});
