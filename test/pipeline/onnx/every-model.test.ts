/** Every kind of model as ONNX says what transform says: carried out by the words of the standard, and in the ONNX Runtime. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createTable,
  GBTClassifier,
  GBTRegressor,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  type Model,
  Pipeline,
  StandardScaler,
  VectorAssembler,
  VotingRegressor,
} from '../../../src/index.ts';
import {
  hasOnnxRuntime,
  type Inputs,
  type Output,
  runOnnx,
} from '../../ensemble/onnx/onnx-runtime.ts';
import { readOnnx, type Tensor } from '../../ensemble/onnx/read-onnx.ts';
import { runGraph } from '../../ensemble/onnx/run-graph.ts';
import { columnsOf } from '../../tools/fitted-bytes.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { kinds, table, words } from '../every-kind.ts';

const runs = hasOnnxRuntime();
const folder = temporaryFolder('onnx-kinds');
const count = 90;
const at = <T>(make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const columns: Readonly<Record<string, readonly (number | string | boolean | null)[]>> = {
  x: at((i) => (i % 7 === 0 ? null : Math.cos(i) * 4)),
  y: at((i) => Math.sin(i * 2.3)),
  word: at((i) => (i % 6 === 0 ? null : i % 5 === 0 ? 'never seen' : (words[i % 5] as string))),
  flag: at((i) => i % 4 === 0),
  margin: at((i) => (i % 3) / 3 - 0.2),
};
const asked = createTable(columns as never);

const more: [string, { fit(given: typeof table): Promise<Model> }][] = [
  [
    'trees with linear leaves',
    new GBTRegressor({ labelCol: 'z', featuresCols: ['x', 'y'], linearLeaves: true, maxIter: 4 }),
  ],
  [
    'classes with linear leaves',
    new GBTClassifier({
      ...{ labelCol: 'three', featuresCols: ['x', 'y', 'word'], linearLeaves: true },
      ...{ maxIter: 3, minInstancesPerNode: 5 },
    }),
  ],
  ['a line', new LinearRegression({ featuresCols: ['y', 'flag'], labelCol: 'z' })],
  [
    'a line of two classes, with thresholds',
    new LogisticRegression({ featuresCols: ['y'], labelCol: 'two', thresholds: [0.7, 0.2] }),
  ],
  [
    'a line of three classes',
    new LogisticRegression({ featuresCols: ['y', 'flag'], labelCol: 'three', maxIter: 4 }),
  ],
  ['a machine', new LinearSVC({ featuresCols: ['y', 'flag'], labelCol: 'isUp', maxIter: 4 })],
  [
    'a line with an offset behind a scaler',
    new Pipeline({
      stages: [
        new VectorAssembler({ inputCols: ['y', 'margin'], outputCol: 'plain' }),
        new StandardScaler({ inputCol: 'plain', outputCol: 'features', withMean: true }),
        new LinearRegression({ labelCol: 'z', offsetCol: 'margin' }),
      ],
    }),
  ],
];

function inputsOf(bytes: Uint8Array): Inputs {
  const names = readOnnx(bytes).inputs.map(({ name }) => name);
  return Object.fromEntries(
    names.map((name) => {
      const cells = columns[name] ?? [];
      if (name === 'word') return [name, cells.map((cell) => String(cell ?? ''))];
      const values = Float64Array.from(cells, (cell) =>
        cell === null ? Number.NaN : Number(cell),
      );
      return [name, { width: 1, values }];
    }),
  );
}

/** By the words of the standard, in this process. */
function carriedOut(bytes: Uint8Array, inputs: Inputs): Record<string, Pick<Output, 'values'>> {
  const tensors = Object.entries(inputs).map(([name, given]): [string, Tensor] => {
    if (!('width' in given)) return [name, { dims: [given.length, 1], values: given }];
    return [name, { dims: [count, 1], values: [...given.values] }];
  });
  return runGraph(readOnnx(bytes), new Map(tensors));
}

interface Case {
  readonly bytes: Uint8Array;
  readonly inputs: Inputs;
  readonly wanted: Record<string, unknown[]>;
  readonly names: readonly string[];
}

const cases = new Map<string, Case>();

beforeAll(async () => {
  for (const [name, estimator] of [...kinds, ...more]) {
    const model = await estimator.fit(table);
    const bytes = model.toOnnx();
    const names = readOnnx(bytes).outputs.map((output) => output.name);
    const wanted = await columnsOf(await model.transform(asked), names);
    cases.set(name, { bytes, inputs: inputsOf(bytes), wanted, names });
  }
}, 60_000);

function expectSame(one: Case, found: Record<string, Pick<Output, 'values'>>): void {
  expect(Object.keys(found).sort()).toEqual([...one.names].sort());
  for (const name of one.names) {
    const own = one.wanted[name] as unknown[];
    const values = found[name]?.values ?? [];
    expect(values.length).toBe(own.length);
    values.forEach((value, i) => {
      if (typeof own[i] === 'string') expect(value).toBe(own[i]);
      else {
        const [a, b] = [Number(value), Number(own[i])];
        const off = a === b ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(b));
        expect([name, i, off < 1e-12 ? 0 : off]).toEqual([name, i, 0]);
      }
    });
  }
}

describe('written as ONNX', () => {
  it.each([...kinds, ...more].map(([name]) => name))('%s says the same', (name) => {
    const one = cases.get(name) as Case;
    expectSame(one, carriedOut(one.bytes, one.inputs));
  });

  it.runIf(runs)(
    'every kind says the same in the ONNX Runtime',
    () => {
      const all = [...cases.values()];
      runOnnx(folder, all).forEach((found, i) => {
        expectSame(all[i] as Case, found);
      });
    },
    60_000,
  );

  it('is refused where an ensemble reads predicted classes, or is given a matrix', async () => {
    const number = { maxIter: 1, minInstancesPerNode: 2, labelCol: 'z' };
    const first = new GBTClassifier({
      ...{ ...number, labelCol: 'two', featuresCols: ['x'], predictionCol: 'first' },
    });
    const second = (feature: string) =>
      new VotingRegressor({
        estimators: [new GBTRegressor({ ...number, featuresCols: [feature] })],
      });
    const model = await new Pipeline({ stages: [first, second('first')] }).fit(table);
    expect(() => model.toOnnx()).toThrow(/must have no stage that reads predicted classes/);
    const vote = await second('x').fit(table);
    expect(() => vote.toOnnx({ inputs: 'matrix' })).toThrow(/has a matrix; leave inputs/);
    const line = await new LinearRegression({ labelCol: 'z', featuresCols: ['y'] }).fit(table);
    const { inputs } = readOnnx(line.toOnnx({ inputs: 'matrix', numberType: 'float' }));
    expect(inputs.map(({ name }) => name)).toEqual(['features']);
  });
});
