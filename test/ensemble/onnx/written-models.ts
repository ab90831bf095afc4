/** Models that were written, beside what they say here: the data for them, and how the two are compared. */
import { expect } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { StringIndexer } from '../../../src/feature/categories/string-indexer.ts';
import { Imputer } from '../../../src/feature/numbers/imputer.ts';
import { MinMaxScaler } from '../../../src/feature/numbers/min-max-scaler.ts';
import { RobustScaler } from '../../../src/feature/numbers/robust-scaler.ts';
import { StandardScaler } from '../../../src/feature/numbers/standard-scaler.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import type { Model } from '../../../src/pipeline/model.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import type { PredictionColumns } from '../../../src/pipeline/prediction-columns.ts';
import '../../../src/feature/worker-operators.ts';
import { columnsOf } from '../../tools/fitted-bytes.ts';
import { type DataRecipe, randomData, randomNumbers } from '../../tools/random-data.ts';
import { type Cell, columnNamed, cutTable, type SampleData } from '../../tools/sample-data.ts';
import { scoreSample } from '../../training/fit-sample.ts';
import type { EstimatorCase } from '../../training/random-estimators.ts';
import type { Inputs, NumberInput, Output } from './onnx-runtime.ts';
import { readOnnx } from './read-onnx.ts';

/** The words of these tables have an empty one among them. */
export const missingText = '(none)';

/** Data of another seed, some of its cells missing, some its words new to the model. */
export function otherData(recipe: DataRecipe, numRows = 120): SampleData {
  const random = randomNumbers(recipe.seed + 99);
  const data = randomData({ ...recipe, seed: recipe.seed + 1, numRows, missing: 0.2 });
  return data.map((column) => {
    if (column.type !== 'text' && column.type !== 'dictionary') return column;
    const cells = column.cells.map((cell): Cell => {
      if (cell === null) return null;
      return random() < 0.3 ? `new ${cell}` : cell;
    });
    return { ...column, cells };
  });
}

/** A model as it was written, what it is given, and what it says here. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly inputs: Inputs;
  readonly wanted: Record<string, unknown[]>;
}

/** The model as it is written, and what it says of some rows. */
export async function writtenModel(model: TreeModel, data: SampleData): Promise<Written> {
  const wanted = await scoreSample(model, data);
  return { bytes: model.toOnnx({ missingText }), inputs: inputsOf(model, data), wanted };
}

/** What the model reads of the data, as its inputs take it. */
export function inputsOf(
  model: Pick<Model, 'inputSchema' | 'offsetColumns'>,
  data: SampleData,
): Inputs {
  const names = [...model.inputSchema, ...model.offsetColumns].map(({ name }) => name);
  return Object.fromEntries(
    names.map((name) => {
      const { type, cells } = columnNamed(data, name);
      if (type === 'text' || type === 'dictionary')
        return [name, cells.map((cell) => (cell === null ? missingText : String(cell)))];
      const values = Float64Array.from(cells, (cell) =>
        cell === null ? Number.NaN : Number(cell),
      );
      return [name, { width: 1, values: type === 'float32' ? values.map(Math.fround) : values }];
    }),
  );
}

/**
 * The outputs as predictionsOf gives columns: classes as they are, numbers flat.
 *
 * @param areShares numbers are differences of shares: errors are measured by 1, for such may cancel
 */
export function compare(
  found: Record<string, Output>,
  wanted: Record<string, unknown[]>,
  error = (_name: string): number => 0,
  areShares = false,
): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { values }] of Object.entries(found)) {
    const own = wanted[name] as unknown[];
    expect(values.length).toBe(own.length);
    if (typeof own[0] === 'string') expect(values).toEqual(own);
    else {
      const worst = values.reduce<number>((most, value, i) => {
        const [a, b] = [Number(value), Number(own[i])];
        const size = areShares || name === 'probability' ? 1 : Math.abs(b);
        // what is larger lies on no grid
        const isHuge = Math.abs(b) > 1e9 && Math.abs(a - b) < 1e-15 * Math.abs(b);
        return Math.max(most, a === b || isHuge ? 0 : Math.abs(a - b) / size);
      }, 0);
      expect([name, worst <= error(name) ? 0 : worst]).toEqual([name, 0]);
    }
  }
}

/** Of pipelines of boosted classes. */
export function probabilityError(output: string): number {
  return output === 'probability' ? 1e-14 : 0;
}

/** How far an output may be off, as a share of it: exp has other last bits, and means are on no grid. */
export function errorOf({ name, options }: EstimatorCase): (output: string) => number {
  const exps = ['poisson', 'gamma', 'tweedie', 'aft', 'cox', 'crossEntropy', 'squaredLogError'];
  const isBoostedClass = name === 'GBTClassifier';
  const isForest = /Forest|ExtraTrees/.test(name);
  const isMean = name === 'UpliftForest' || (isForest && name.endsWith('Regressor'));
  const isExp = exps.includes(String(options['lossType']));
  return (output) =>
    (isBoostedClass && output === 'probability') || ((isExp || isMean) && output === 'prediction')
      ? 1e-14
      : 0;
}

/** Pipelines of the stages that can be written, and what each says of rows with missing and unknown values. */
export async function writtenPipelines(): Promise<Written[]> {
  const recipe = {
    seed: 12,
    numRows: 1500,
    kinds: ['float32', 'integers', 'words', 'float64', 'dictionary'],
    missing: 0.1,
  } as const;
  const table = cutTable(new InlineRunner(), randomData(recipe));
  const data = otherData(recipe);
  const indexer = (handleInvalid: 'keep' | 'skip') =>
    new StringIndexer({ inputCols: ['x2', 'x4'], outputCols: ['i2', 'i4'], handleInvalid });
  const imputer = new Imputer({
    inputCols: ['x0', 'x1'],
    outputCols: ['f0', 'f1'],
    missingValue: 3,
  });
  const features = (...inputCols: string[]) => new VectorAssembler({ inputCols });
  const scaler = { inputCol: 'features', outputCol: 'scaled' };
  const classifier = { labelCol: 'k', maxIter: 5 };
  const regressor = { labelCol: 'y', maxIter: 5 };
  const all = features('f0', 'f1', 'i2', 'x3', 'i4');
  const pipelines = [
    [indexer('keep'), imputer, all, new GBTClassifier(classifier)],
    [
      ...[imputer, indexer('keep'), all, new StandardScaler({ ...scaler, withMean: true })],
      new GBTClassifier({ ...classifier, featuresCol: 'scaled' }),
    ],
    [
      ...[features('x0', 'x1'), new MinMaxScaler(scaler)],
      new GBTRegressor({ ...regressor, featuresCols: ['scaled', 'x2'] }),
    ],
    [
      new RobustScaler({ inputCol: 'x3', outputCol: 'scaled', withCentering: true }),
      new GBTRegressor({ ...regressor, featuresCols: ['scaled', 'x1'] }),
    ],
  ];
  const found: Written[] = [];
  for (const stages of pipelines) {
    const model = await new Pipeline({ stages }).fit(table);
    const scored = await model.transform(cutTable(new InlineRunner(), data));
    const names = model.predictionColumns as PredictionColumns;
    const wanted = [names.predictionCol, names.probabilityCol, names.rawPredictionCol];
    const kept = scored.columns.filter((name) => wanted.includes(name));
    const bytes = model.toOnnx({ missingText });
    const read = readOnnx(bytes).inputs.map(({ name }) => name);
    const inputs = inputsOf({ inputSchema: model.inputSchema, offsetColumns: [] }, data);
    found.push({
      bytes,
      inputs: Object.fromEntries(read.map((name) => [name, inputs[name] as NumberInput])),
      wanted: await columnsOf(scored.select(...kept)),
    });
  }
  return found;
}
