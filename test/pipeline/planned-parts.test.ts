/** Pipelines whose stages read columns of parts that only a fit of an earlier stage makes known. */
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { OneHotEncoder } from '../../src/feature/categories/one-hot-encoder.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import { StandardScaler } from '../../src/feature/numbers/standard-scaler.ts';
import { VarianceThresholdSelector } from '../../src/feature/selection/variance-threshold-selector.ts';
import { Normalizer } from '../../src/feature/vectors/normalizer.ts';
import { SparseProjector } from '../../src/feature/vectors/sparse-projector.ts';
import { VectorAssembler } from '../../src/feature/vectors/vector-assembler.ts';
import { VectorSlicer } from '../../src/feature/vectors/vector-slicer.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import '../../src/training/worker-programs.ts';
import '../../src/tuning/worker-tasks.ts';
import { errorOf } from '../contract/error-of.ts';

type Stage = Estimator | Transformer;

const rows = Array.from({ length: 120 }, (_, i) => i);
const table = tableFromColumns(new InlineRunner(), {
  city: rows.map((i) => ['Oslo', 'Rome', 'Bonn', 'Nice'][(i * 7) % 4] as string),
  x: Float64Array.from(rows),
  size: rows.map((i) => ['low', 'mid', 'high'][((i * 7) % 4) % 3] as string),
  price: Float64Array.from(rows, (i) => i % 5),
});
const encoded = [
  new StringIndexer({ inputCol: 'city', outputCol: 'index' }),
  new OneHotEncoder({ inputCol: 'index', outputCol: 'city1' }),
];
const logistic = (featuresCol: string) => new LogisticRegression({ featuresCol, labelCol: 'size' });
const slice = (inputCol: string, indices: readonly number[]) =>
  new VectorSlicer({ inputCol, outputCol: 'part', indices });
const classes = new GBTClassifier({ featuresCols: ['x'], labelCol: 'size', maxIter: 2 });

const pipelines: Readonly<Record<string, readonly Stage[]>> = {
  'an encoded column alone': [...encoded, logistic('city1')],
  'an encoded column, named as one of several': [
    ...encoded,
    new LogisticRegression({ featuresCols: ['city1'], labelCol: 'size' }),
  ],
  'trees of an encoded column': [
    ...encoded,
    new GBTClassifier({ featuresCol: 'city1', labelCol: 'size', maxIter: 2 }),
  ],
  'clusters of an encoded column': [...encoded, new KMeans({ featuresCol: 'city1', k: 2 })],
  'an assembled column': [
    ...encoded,
    new VectorAssembler({ inputCols: ['city1'], outputCol: 'all' }),
    new Normalizer({ inputCol: 'all', outputCol: 'unit' }),
    logistic('unit'),
  ],
  'sums of an encoded column': [
    ...encoded,
    new SparseProjector({ inputCols: ['city1'], outputCol: 'sums' }),
    slice('sums', [4]),
    logistic('part'),
  ],
  'a scaled column': [
    ...encoded,
    new StandardScaler({ inputCol: 'city1', outputCol: 'scaled' }),
    logistic('scaled'),
  ],
  'parts of an encoded column by number': [...encoded, slice('city1', [2, 0]), logistic('part')],
  'parts of an assembled column by name': [
    ...encoded,
    new VectorAssembler({ inputCols: ['x', 'city1'], outputCol: 'all' }),
    new VectorSlicer({ inputCol: 'all', outputCol: 'part', names: ['city1.Bonn', 'x'] }),
    logistic('part'),
  ],
  'parts of chosen features': [
    ...encoded,
    new VarianceThresholdSelector({ featuresCol: 'city1', outputCol: 'chosen' }),
    slice('chosen', [1]),
    logistic('part'),
  ],
  'a probability of three classes': [
    classes,
    slice('probability', [2]),
    new LinearRegression({ featuresCol: 'part', labelCol: 'price', predictionCol: 'guess' }),
  ],
  'the mean of one class of three': [
    new TargetEncoder({ inputCol: 'city', outputCol: 'means', labelCol: 'size' }),
    slice('means', [2]),
    logistic('part'),
  ],
};

describe('a pipeline that reads parts which a stage before has yet to find', () => {
  it.each(Object.entries(pipelines))('is fitted: %s', async (_, stages) => {
    const pipeline = new Pipeline({ stages });
    const model = await pipeline.fit(table);
    const planned = pipeline.transformSchema(table.schema);
    const scored = await model.transform(table);
    expect(planned.fields.map(({ name }) => name)).toEqual(scored.columns);
    expect((await scored.collect()).numRows).toBe(rows.length);
  });

  it('is calibrated', async () => {
    const estimator = new Pipeline({ stages: [...encoded, logistic('city1')] });
    const model = await new CalibratedClassifier({ estimator, numFolds: 2 }).fit(table);
    expect((await model.transform(table)).columns).toContain('probability');
  });

  it('is refused by the fit where there is no such part', async () => {
    const own = [...encoded, slice('city1', [7]), logistic('part')];
    const error = await errorOf(() => new Pipeline({ stages: own }).fit(table));
    expect(error).toMatchObject({ code: 'PARAM_INVALID' });
    expect(error.message).toMatch('positions below 3, the number of parts of column city1');
  });

  it('is refused before anything is fitted where a column is misspelt', async () => {
    const own = [...encoded, logistic('citty1')];
    expect((await errorOf(() => new Pipeline({ stages: own }).fit(table))).code).toBe(
      'COLUMN_NOT_FOUND',
    );
  });
});
