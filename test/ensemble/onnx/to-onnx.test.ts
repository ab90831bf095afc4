/** What is written as ONNX, read back and carried out by the words of the standard: no runtime is needed. */
import { DateDay } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { IsolationForest } from '../../../src/ensemble/isolation/isolation-forest.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { StringIndexer } from '../../../src/feature/categories/string-indexer.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { fixedWidthColumn, int32Column } from '../../../src/table/columns/make-column.ts';
import { errorOf as thrownBy } from '../../contract/error-of.ts';
import { predictionsOf } from '../../tools/fitted-bytes.ts';
import { inlineTable } from '../../tools/inline-table.ts';
import { randomData, randomNumbers } from '../../tools/random-data.ts';
import { cutTable } from '../../tools/sample-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import {
  alikeByRow,
  boostedLabelsCases,
  estimatorCases,
  recipes,
} from '../../training/random-estimators.ts';
import type { Inputs, Output } from './onnx-runtime.ts';
import { type Model, readOnnx, type Tensor } from './read-onnx.ts';
import { runGraph } from './run-graph.ts';
import {
  compare,
  errorOf,
  inputsOf,
  missingText,
  otherData,
  probabilityError,
  writtenPipelines,
} from './written-models.ts';

/** The outputs by the words of the standard. */
function carriedOut(model: Model, inputs: Inputs): Record<string, Output> {
  const tensors = Object.entries(inputs).map(([name, given]): [string, Tensor] => {
    if (!('width' in given)) return [name, { dims: [given.length, 1], values: given }];
    const values = [...given.values];
    return [name, { dims: [values.length / given.width, given.width], values }];
  });
  const outputs = runGraph(model, new Map(tensors));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, values }]) => [
      name,
      { type: '', shape: dims, values },
    ]),
  );
}

const kinds = ['float64', 'integers', 'words', 'flags', 'many words'] as const;
const recipe = { seed: 3, numRows: 900, kinds, missing: 0.1 };
const featuresCols = ['x0', 'x1', 'x2', 'x3', 'x4'];

async function fitted(name: keyof typeof estimatorCases, options: object): Promise<TreeModel> {
  const wanted = { featuresCols, labelCol: 'y', ...options };
  return await fitSample({ name, options: wanted }, randomData(recipe));
}

/** Two features and two labels of 0 and 1. */
function flaggedRows() {
  const random = randomNumbers(11);
  const x = Float64Array.from({ length: 300 }, random);
  const z = Float64Array.from({ length: 300 }, random);
  const warm = [...x].map((value, i) => value + 0.3 * (z[i] as number) > 0.8);
  const wet = [...z].map((value, i) => (value * (1 - (x[i] as number)) > 0.3 ? 1 : 0));
  return { x, z, table: inlineTable({ x: [...x], z: [...z], warm, wet }) };
}

describe('what is written as ONNX', () => {
  for (const [name, cases] of [
    ...Object.entries(estimatorCases),
    ['GBTRegressor of several labels', boostedLabelsCases] as const,
  ]) {
    it(`says the same: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(cases, recipes, async (found, anyRecipe) => {
          const model = await fitSample(alikeByRow(found, anyRecipe), randomData(anyRecipe));
          const data = otherData(anyRecipe, 40);
          const read = readOnnx(model.toOnnx({ missingText }));
          const wanted = await scoreSample(model, data);
          compare(carriedOut(read, inputsOf(model, data)), wanted, errorOf(found));
        }),
        { numRuns: 6, endOnFailure: true },
      );
    });
  }

  it('says the same: GBTClassifier of several labels', async () => {
    const { x, z, table } = flaggedRows();
    const labelCols = ['warm', 'wet'];
    const trees = { featuresCols: ['x', 'z'], labelCols, maxIter: 8, maxLeaves: 5 };
    const model = await new GBTClassifier(trees).fit(table);
    const read = readOnnx(model.toOnnx());
    const found = carriedOut(read, { x: { width: 1, values: x }, z: { width: 1, values: z } });
    compare(
      found,
      await predictionsOf(model, table),
      errorOf({ name: 'GBTClassifier', options: {} }),
    );
    expect(read.metadata).toEqual({ 'coppice.labels': '["warm","wet"]' });
    expect(new Set(found['prediction']?.values)).toEqual(new Set([0, 1]));
    const strict = await new GBTClassifier({ ...trees, thresholds: [0.9, 0.05] }).fit(table);
    const told = carriedOut(readOnnx(strict.toOnnx()), {
      x: { width: 1, values: x },
      z: { width: 1, values: z },
    });
    expect(told['prediction']?.values).toEqual((await predictionsOf(strict, table))['prediction']);
    expect(told['prediction']?.values).not.toEqual(found['prediction']?.values);
  });

  it('says the same: pipelines', async () => {
    for (const { bytes, inputs, wanted } of await writtenPipelines()) {
      compare(carriedOut(readOnnx(bytes), inputs), wanted, probabilityError);
    }
  });

  it('names its inputs, outputs and their types', async () => {
    const options = { labelCol: 'b', offsetCol: 'o', maxIter: 2 };
    const model = await fitted('GBTClassifier', options);
    const read = readOnnx(model.toOnnx({ missingText }));
    expect(read.irVersion).toBe(10);
    expect(read.operatorSets).toEqual({ '': 21, 'ai.onnx.ml': 5 });
    const column = (name: string, elementType: number, doc: string) => ({
      ...{ name, elementType, dims: [null, 1], doc },
    });
    expect(read.inputs).toEqual([
      column('x0', 11, 'double: NaN is missing'),
      column('x1', 11, 'int: NaN is missing'),
      column('x2', 8, 'text; "(none)" is missing'),
      column('x3', 11, 'boolean: 1 is true, 0 is false, NaN is missing'),
      column('x4', 8, 'text; "(none)" is missing'),
      column('o', 11, 'double: NaN is missing'),
    ]);
    const classes = '["no","yes"]';
    expect(read.outputs).toEqual([
      { name: 'prediction', elementType: 8, dims: [null], doc: '' },
      { name: 'probability', elementType: 11, dims: [null, 2], doc: classes },
      { name: 'rawPrediction', elementType: 11, dims: [null, 2], doc: classes },
    ]);
    expect(read.metadata).toEqual({ 'coppice.classes': classes });
  });

  it('says in what unit dates are counted', async () => {
    const days = inlineTable({
      day: fixedWidthColumn(new DateDay(), Int32Array.of(1, 2, 3, 4)),
      label: int32Column(Int32Array.of(1, 4, 9, 16)),
    });
    const options = { featuresCols: ['day'], minInstancesPerNode: 1, maxIter: 2 };
    const regressor = new GBTRegressor(options);
    const [input] = readOnnx((await regressor.fit(days)).toOnnx()).inputs;
    expect(input?.doc).toBe('date: days since 1970-01-01, NaN is missing');
  });

  it('has the same bytes each time', async () => {
    const model = await fitted('ExtraTreesClassifier', { labelCol: 'k', numTrees: 3 });
    expect(model.toOnnx({ missingText })).toEqual(model.toOnnx({ missingText }));
  });

  it('adds many trees of several values up block by block', async () => {
    const forest = { labelCol: 'k', numTrees: 150, maxDepth: 2 };
    const model = await fitted('RandomForestClassifier', forest);
    const data = otherData(recipe, 30);
    const read = readOnnx(model.toOnnx({ missingText }));
    expect(read.nodes.filter(({ type }) => type === 'TreeEnsemble').length).toBeGreaterThan(1);
    compare(carriedOut(read, inputsOf(model, data)), await scoreSample(model, data));
  });

  it('carries trees of one leaf', async () => {
    const model = await fitted('GBTRegressor', { maxIter: 3, minInstancesPerNode: 899 });
    expect(model.totalNumNodes).toBe(3);
    const data = otherData(recipe);
    const read = readOnnx(model.toOnnx({ missingText }));
    compare(carriedOut(read, inputsOf(model, data)), await scoreSample(model, data));
  });
});

describe('what ONNX cannot carry', () => {
  const refused = async (
    name: keyof typeof estimatorCases,
    options: object,
    onnx: object = { missingText },
  ): Promise<string> => {
    const model = await fitted(name, { maxDepth: 3, ...options });
    try {
      model.toOnnx(onnx);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing is refused';
  };

  it('is refused by name, with what to do instead', async () => {
    const few = { maxIter: 2 };
    expect(await refused('GBTRegressor', { ...few, leafCol: 'leaf' })).toMatch(
      /a leafCol; leave it out: model.copy/,
    );
    expect(await refused('RandomForestRegressor', { varianceCol: 'v2', numTrees: 2 })).toMatch(
      /a varianceCol; leave it out/,
    );
    expect(await refused('GBTRegressor', few, {})).toMatch(
      /the category "" in x2; give another missingText/,
    );
    expect(await refused('GBTRegressor', few, { inputs: 'matrix' })).toMatch(
      /the category x2; leave inputs: 'matrix' out/,
    );
    expect(await refused('GBTRegressor', few, { inputs: 'rows' })).toMatch(
      /inputs of toOnnx must be columns or matrix; got .*rows/,
    );
    const clash = { ...few, predictionCol: 'x1' };
    expect(await refused('GBTRegressor', clash)).toMatch(/got x1 twice; give the model another/);
  });

  it('leaves a copy without it', async () => {
    const model = await fitted('GBTRegressor', { maxIter: 2, leafCol: 'leaf' });
    const { outputs } = readOnnx(model.copy({ leafCol: undefined }).toOnnx({ missingText }));
    expect(outputs.map(({ name }) => name)).toEqual(['prediction']);
  });
});

describe('a stage that leaves rows out', () => {
  it.each([
    new StringIndexer({ inputCol: 'x2', outputCol: 'i2', handleInvalid: 'skip' }),
    new VectorAssembler({ inputCols: ['x0'], handleInvalid: 'skip' }),
  ])('is refused by name, for ONNX has no rows to leave out (%#)', async (stage) => {
    const table = cutTable(new InlineRunner(), randomData(recipe));
    const trees = new GBTRegressor({ featuresCols: ['x0'], labelCol: 'y', maxIter: 2 });
    const model = await new Pipeline({ stages: [stage, trees] }).fit(table);
    const { code, message } = await thrownBy(() => model.toOnnx({ missingText }));
    expect(code).toBe('UNSUPPORTED');
    expect(message).toMatch(
      /must have stages that keep every row; .* has (StringIndexerModel|VectorAssembler) with handleInvalid 'skip'; give the stage handleInvalid 'keep' or 'error'/,
    );
  });
});

describe('an isolation forest written as ONNX', () => {
  it('compares what has the same bits everywhere', async () => {
    const x = Array.from({ length: 300 }, (_, i) => (i < 290 ? i % 10 : i * 5));
    const table = inlineTable({ x: int32Column(Int32Array.from(x)) });
    const forest = new IsolationForest({ featuresCols: ['x'], contamination: 0.03, numTrees: 20 });
    const model = await forest.fit(table);
    const read = readOnnx(model.toOnnx());
    const found = carriedOut(read, { x: { width: 1, values: Float64Array.from(x) } });
    const score = await model.scorer();
    const wanted = x.map((value) => score({ x: value }));
    expect(found['prediction']?.values).toEqual(wanted.map(({ prediction }) => Number(prediction)));
    compare(
      { anomalyScore: found['anomalyScore'] as Output },
      { anomalyScore: wanted.map(({ anomalyScore }) => anomalyScore) },
      () => 1e-14,
    );
  });
});
