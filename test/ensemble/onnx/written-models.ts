/** Models that were written, beside what they say here: the data for them, and how the two are compared. */
import { expect } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import type { Model } from '../../../src/pipeline/model.ts';
import { type DataRecipe, randomData, randomNumbers } from '../../tools/random-data.ts';
import { type Cell, columnNamed, type SampleData } from '../../tools/sample-data.ts';
import { scoreSample } from '../../training/fit-sample.ts';
import type { EstimatorCase } from '../../training/random-estimators.ts';
import type { Inputs, Output } from './onnx-runtime.ts';

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
export function inputsOf(model: Model, data: SampleData): Inputs {
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

/** The outputs as predictionsOf gives columns: classes as they are, numbers flat. */
export function compare(
  found: Record<string, Output>,
  wanted: Record<string, unknown[]>,
  error = (_name: string): number => 0,
): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { values }] of Object.entries(found)) {
    const own = wanted[name] as unknown[];
    expect(values.length).toBe(own.length);
    if (typeof own[0] === 'string') expect(values).toEqual(own);
    else {
      const worst = values.reduce<number>((most, value, i) => {
        const [a, b] = [Number(value), Number(own[i])];
        const size = name === 'probability' ? 1 : Math.abs(b);
        // what is larger lies on no grid
        const isHuge = Math.abs(b) > 1e9 && Math.abs(a - b) < 1e-15 * Math.abs(b);
        return Math.max(most, a === b || isHuge ? 0 : Math.abs(a - b) / size);
      }, 0);
      expect([name, worst <= error(name) ? 0 : worst]).toEqual([name, 0]);
    }
  }
}

/** How far an output may be off, as a share of it: exp has other last bits, and means are on no grid. */
export function errorOf({ name, options }: EstimatorCase): (output: string) => number {
  const exps = ['poisson', 'gamma', 'tweedie', 'aft', 'cox', 'crossEntropy', 'squaredLogError'];
  const isBoostedClass = name === 'GBTClassifier';
  const isMean = /Forest|ExtraTrees/.test(name) && name.endsWith('Regressor');
  const isExp = exps.includes(String(options['lossType']));
  return (output) =>
    (isBoostedClass && output === 'probability') || ((isExp || isMean) && output === 'prediction')
      ? 1e-14
      : 0;
}
