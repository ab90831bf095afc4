/** Every stage for features, written into a JavaScript module and into ONNX, says what transform says, or is refused by name. */
import {
  DateDay,
  Float32,
  Float64,
  Int32,
  TimestampMicrosecond,
  TimestampNanosecond,
  type Vector,
} from 'apache-arrow';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { datePartNames } from '../../src/base/civil-date.ts';
import {
  Binarizer,
  Bucketizer,
  DatePartExtractor,
  DecisionTreeClassifier,
  ExpressionTransformer,
  FeatureHasher,
  FunctionTransformer,
  GBTClassifier,
  Imputer,
  IndexToString,
  MinMaxScaler,
  type Model,
  Normalizer,
  OneHotEncoder,
  Pipeline,
  QuantileDiscretizer,
  RecursiveFeatureElimination,
  RobustScaler,
  SparseProjector,
  StandardScaler,
  StringIndexer,
  TargetEncoder,
  UnivariateFeatureSelector,
  VarianceThresholdSelector,
  VectorAssembler,
  VectorSlicer,
} from '../../src/index.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { logicalSchema } from '../../src/pipeline/logical-schema.ts';
import { ModuleWriter } from '../../src/pipeline/module/module-writer.ts';
import { OnnxGraph } from '../../src/pipeline/onnx/onnx-graph.ts';
import { Transformer } from '../../src/pipeline/transformer.ts';
import {
  boolColumn,
  fixedSizeListColumn,
  fixedWidthColumn,
  utf8Column,
} from '../../src/table/columns/make-column.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { answerOf, runModule } from '../ensemble/module/run-module.ts';
import { hasOnnxRuntime, type Inputs, runOnnx } from '../ensemble/onnx/onnx-runtime.ts';
import { readOnnx, type Tensor } from '../ensemble/onnx/read-onnx.ts';
import { runGraph } from '../ensemble/onnx/run-graph.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const words = ['red', 'green', 'blue', '"', '__unknown'];

interface Row {
  readonly x: number | null;
  readonly y: number;
  readonly f: number | null;
  readonly n: number | null;
  readonly word: string | null;
  readonly flag: boolean | null;
  readonly day: bigint | null;
  readonly us: bigint | null;
  readonly ns: bigint | null;
  readonly vec: readonly number[];
  readonly label: string;
  readonly z: number;
}

const real = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -0, 0, 1, 2, Number.POSITIVE_INFINITY) },
  { weight: 1, arbitrary: fc.double() },
);
const orMissing = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 6 });
const years = 365n * 86_400n * 250n;
const row: fc.Arbitrary<Row> = fc.record({
  x: orMissing(real),
  y: fc.double({ min: -1, max: 1, noNaN: true }),
  f: orMissing(fc.oneof(fc.float(), fc.constantFrom(0, -0, 0.1, 1e7, 1e-3, 3))),
  n: orMissing(fc.integer({ min: -1, max: 4 })),
  word: orMissing(fc.constantFrom(...words, 'never seen')),
  flag: orMissing(fc.boolean()),
  day: orMissing(fc.bigInt({ min: -200_000n, max: 200_000n })),
  us: orMissing(fc.bigInt({ min: -years * 1_000_000n, max: years * 1_000_000n })),
  ns: orMissing(
    fc.oneof(
      fc.bigInt({ min: -years * 1_000_000_000n, max: years * 1_000_000_000n }),
      fc.bigInt({ min: 9999n, max: 90_000n }).map((s) => s * 86_400_000_000_000n - 1n),
    ),
  ),
  vec: fc.array(real, { minLength: 3, maxLength: 3 }),
  label: fc.constantFrom('a', 'b', 'c'),
  z: fc.double({ min: -4, max: 4, noNaN: true }),
});

function tableOf(rows: readonly Row[]): PartitionedTable {
  const validOf = (name: keyof Row): Uint8Array =>
    Uint8Array.from(rows, (one) => (one[name] === null ? 0 : 1));
  const numbers = (name: 'x' | 'y' | 'f' | 'n' | 'z') => rows.map((one) => one[name] ?? 0);
  const ticks = (name: 'us' | 'ns') => BigInt64Array.from(rows, (one) => one[name] ?? 0n);
  const columns: Record<string, Vector> = {
    x: fixedWidthColumn(new Float64(), Float64Array.from(numbers('x')), validOf('x')),
    y: fixedWidthColumn(new Float64(), Float64Array.from(numbers('y'))),
    f: fixedWidthColumn(new Float32(), Float32Array.from(numbers('f')), validOf('f')),
    n: fixedWidthColumn(new Int32(), Int32Array.from(numbers('n')), validOf('n')),
    word: utf8Column(rows.map(({ word }) => word)),
    flag: boolColumn(
      Uint8Array.from(rows, ({ flag }) => Number(flag)),
      validOf('flag'),
    ),
    day: fixedWidthColumn(
      new DateDay(),
      Int32Array.from(rows, ({ day }) => Number(day ?? 0)),
      validOf('day'),
    ),
    us: fixedWidthColumn(new TimestampMicrosecond(), ticks('us'), validOf('us')),
    ns: fixedWidthColumn(new TimestampNanosecond(), ticks('ns'), validOf('ns')),
    vec: fixedSizeListColumn(Float64Array.from(rows.flatMap(({ vec }) => vec)), 3),
    label: utf8Column(rows.map(({ label }) => label)),
    z: fixedWidthColumn(new Float64(), Float64Array.from(numbers('z'))),
  };
  return inlineTable(columns as never);
}

const fitted = tableOf(
  fc
    .sample(row, { seed: 5, numRuns: 100 })
    .map((one) => ({ ...one, word: one.word === 'never seen' ? 'red' : one.word }))
    .map((one) => ({ ...one, x: Math.abs(one.x ?? 0) < 4 ? one.x : 1, n: Math.abs(one.n ?? 0) }))
    .map((one) => ({ ...one, vec: one.vec.map((value) => (Math.abs(value) < 4 ? value : 0)) })),
);

type Stage = Transformer | Estimator<Model>;
const pair = (inputCol: string) => ({ inputCol, outputCol: 'out' });
const parts = new VectorAssembler({ inputCols: ['x', 'flag', 'word', 'y'], outputCol: 'parts' });
const keep = { handleInvalid: 'keep' } as const;
const splits = [-1, 0, 1, 2];

/** By what they are: the stages, the last of which makes `out`. */
const kinds: Record<string, readonly Stage[]> = {
  Binarizer: [new Binarizer({ ...pair('x'), threshold: 0.5 })],
  'Bucketizer that refuses': [new Bucketizer({ ...pair('x'), splits })],
  'Bucketizer that keeps': [new Bucketizer({ ...pair('f'), splits, ...keep })],
  'Bucketizer of all numbers': [
    new Bucketizer({
      ...pair('x'),
      splits: [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
    }),
  ],
  QuantileDiscretizer: [new QuantileDiscretizer({ ...pair('x'), numBuckets: 7 })],
  Imputer: [new Imputer({ ...pair('f'), strategy: 'median' })],
  'StandardScaler of a struct': [parts, new StandardScaler({ ...pair('parts'), withMean: true })],
  'MinMaxScaler of a vector': [new MinMaxScaler(pair('vec'))],
  RobustScaler: [new RobustScaler(pair('y'))],
  'Normalizer of a vector': [new Normalizer(pair('vec'))],
  'Normalizer of a struct by sizes': [parts, new Normalizer({ ...pair('parts'), p: 1 })],
  'Normalizer by the largest': [new Normalizer({ ...pair('vec'), p: Number.POSITIVE_INFINITY })],
  'Normalizer by cubes': [new Normalizer({ ...pair('vec'), p: 3 })],
  VectorAssembler: [new VectorAssembler({ inputCols: ['x', 'vec', 'word'], outputCol: 'out' })],
  'VectorAssembler that refuses': [
    new VectorAssembler({ inputCols: ['x', 'vec'], outputCol: 'out', handleInvalid: 'error' }),
  ],
  VectorSlicer: [new VectorSlicer({ ...pair('vec'), indices: [2, 0] })],
  SparseProjector: [
    new SparseProjector({
      ...{ inputCols: ['x', 'word', 'vec', 'f'], outputCol: 'out', numProjections: 9 },
      featuresPerProjection: 3,
    }),
  ],
  'SparseProjector of a struct': [
    parts,
    new SparseProjector({
      ...{ inputCols: ['parts', 'n'], outputCol: 'out', keepInputs: false, weights: 'continuous' },
      normalization: 'minMax',
    }),
  ],
  VarianceThresholdSelector: [
    new VarianceThresholdSelector({ featuresCol: 'vec', outputCol: 'out' }),
  ],
  RecursiveFeatureElimination: [
    new VectorAssembler({ inputCols: ['y', 'z'], outputCol: 'two' }),
    new RecursiveFeatureElimination({
      estimator: new DecisionTreeClassifier({ featuresCol: 'two' }),
      ...{ featuresCol: 'two', outputCol: 'out', numFeatures: 1 },
    }),
  ],
  UnivariateFeatureSelector: [
    new VectorAssembler({ inputCols: ['y', 'z'], outputCol: 'two' }),
    new UnivariateFeatureSelector({
      ...{ featuresCol: 'two', outputCol: 'out', labelCol: 'label' },
      ...{ featureType: 'continuous', labelType: 'categorical' },
      ...{ selectionMode: 'numTopFeatures', selectionThreshold: 1 },
    }),
  ],
  'StringIndexer that refuses': [new StringIndexer(pair('word'))],
  'StringIndexer that keeps': [
    new StringIndexer({ ...pair('word'), ...keep, missingAsUnknown: true }),
  ],
  'StringIndexer of numbers': [new StringIndexer({ ...pair('n'), ...keep })],
  'StringIndexer of flags': [new StringIndexer(pair('flag'))],
  IndexToString: [
    new StringIndexer({ inputCol: 'word', outputCol: 'i', ...keep }),
    new IndexToString(pair('i')),
  ],
  'IndexToString of numbers': [new IndexToString({ ...pair('n'), labels: ['no', 'yes', 'so'] })],
  'OneHotEncoder that refuses': [new OneHotEncoder(pair('word'))],
  'OneHotEncoder that keeps': [new OneHotEncoder({ ...pair('word'), ...keep, dropLast: false })],
  'OneHotEncoder of missing ones too': [
    new OneHotEncoder({ ...pair('n'), ...keep, dropLast: false, missingAsUnknown: true }),
  ],
  'OneHotEncoder of numbers': [new OneHotEncoder({ ...pair('f'), ...keep, dropLast: false })],
  'OneHotEncoder of flags': [new OneHotEncoder({ ...pair('flag'), dropLast: false })],
  TargetEncoder: [new TargetEncoder({ ...pair('word'), labelCol: 'z' })],
  'TargetEncoder of classes': [new TargetEncoder({ ...pair('n'), labelCol: 'label', ...keep })],
  DatePartExtractor: [new DatePartExtractor({ ...pair('ns'), parts: datePartNames })],
  'DatePartExtractor of days': [
    new DatePartExtractor({ ...pair('day'), parts: datePartNames, utcOffsetMinutes: -90 }),
  ],
  'DatePartExtractor of microseconds': [
    new DatePartExtractor({ ...pair('us'), parts: datePartNames, utcOffsetMinutes: 330 }),
  ],
  // a NaN is missing there, and another value than null in a table: columns that have none
  'ExpressionTransformer of numbers': [
    new ExpressionTransformer({
      columns: {
        half: 'if(n IS NULL, NULL, n / 2)',
        out: '(y - z * 3) / n % 2 + abs(round(z)) - floor(half) * ceil(y) + sqrt(abs(z))',
      },
    }),
  ],
  'ExpressionTransformer of conditions': [
    new ExpressionTransformer({
      columns: {
        holds:
          "(n > 1 OR word IN ('red', 'blue')) AND NOT (y <= z AND flag) OR word IS NULL AND n <> 2",
        out: 'cast(holds as double)',
      },
    }),
  ],
  'ExpressionTransformer of choices': [
    new ExpressionTransformer({
      columns: {
        out: "case when word = 'red' then y when n in (0, 3) then coalesce(n, y) when flag then -z when n is null then 0.5 end",
      },
    }),
  ],
  'ExpressionTransformer of parts': [
    parts,
    new ExpressionTransformer({
      columns: { out: 'parts.y * 2 + vec[1] * 0 + cast(parts.flag as double)' },
    }),
  ],
  FeatureHasher: [
    new FeatureHasher({
      ...{ inputCols: ['word', 'flag', 'x', 'n', 'f', 'y'], outputCol: 'out', numFeatures: 12 },
      categoricalCols: ['n', 'f', 'x'],
    }),
  ],
};

interface Fitted {
  readonly stages: readonly Transformer[];
  readonly predict: ReturnType<typeof runModule>['predict'];
  /** Names of the parts of the made column; none where it is one value. */
  readonly names: readonly string[];
}

async function fittedStages(stages: readonly Stage[]): Promise<Transformer[]> {
  const made: Transformer[] = [];
  let table = fitted;
  for (const stage of stages) {
    const own = stage instanceof Transformer ? stage : await stage.fit(table);
    made.push(own);
    table = await own.transform(table);
  }
  return made;
}

const schema = logicalSchema(fitted.schema);

/** The stages as a module that tells each part of what they make. */
function moduleOf(stages: readonly Transformer[]): Pick<Fitted, 'predict' | 'names'> {
  const writer = new ModuleWriter('Stages');
  writer.know(schema);
  for (const stage of stages) stage.addToModule(writer);
  const made = writer.column('out');
  const cells = made.kind === 'parts' ? [...made.parts] : [['', made] as const];
  cells.forEach(([, cell], i) => {
    if (cell.kind === 'parts') throw new Error('parts of parts');
    writer.tell(`p${i}`, cell);
  });
  const columns = { predictionCol: 'y', probabilityCol: null, rawPredictionCol: null };
  const names = made.kind === 'parts' ? cells.map(([name]) => name) : [];
  return { predict: runModule(writer.text(columns)).predict, names };
}

/** The stages as ONNX that tells each part of what they make. */
function onnxOf(stages: readonly Transformer[], missingText: string): Uint8Array {
  const graph = new OnnxGraph('Stages', { missingText });
  graph.know(schema);
  for (const stage of stages) stage.addToOnnx(graph);
  const made = graph.column('out');
  const tell = (name: string, column: typeof made): void => {
    if (column.kind === 'struct')
      [...column.children.values()].forEach((child, i) => tell(`p${i}`, child));
    else {
      const width = column.kind === 'vector' ? column.width : 1;
      const type = column.kind === 'text' ? 'string' : 'double';
      graph.output(column.tensor, { name, type, width, doc: '' });
    }
  };
  tell('p', made);
  return graph.encode();
}

/** What transform makes of a row, part by part; null where it refuses. */
async function wantedOf({ stages, names }: Fitted, one: Row): Promise<unknown[] | null> {
  try {
    let table = tableOf([one]);
    for (const stage of stages) table = await stage.transform(table);
    const [value] = await valuesOf(table, 'out');
    if (names.length === 0) return [value ?? Number.NaN];
    const cells = value as Record<string, unknown>;
    return names.map((name) => cells[name] ?? Number.NaN);
  } catch (error) {
    if ('code' in (error as object)) return null;
    throw error;
  }
}

const asText = (value: unknown): unknown =>
  value === null || value === undefined ? Number.NaN : value;
const ready = new Map<string, Fitted>();
const runs = hasOnnxRuntime();
const folder = temporaryFolder('onnx-stages');
const missingText = '(none)';

beforeAll(async () => {
  for (const [name, stages] of Object.entries(kinds)) {
    const made = await fittedStages(stages);
    ready.set(name, { stages: made, ...moduleOf(made) });
  }
});

describe('a stage in a JavaScript module', () => {
  it.each(Object.keys(kinds))('%s says the bits of transform', async (name) => {
    const stage = ready.get(name) as Fitted;
    let told = 0;
    await fc.assert(
      fc.asyncProperty(row, async (one) => {
        const wanted = await wantedOf(stage, one);
        const found = answerOf(stage.predict, one as never) as Record<string, unknown> | 'refused';
        if (wanted === null || found === 'refused') {
          expect([found, wanted]).toEqual(['refused', null]);
          return;
        }
        expect(wanted.map((_, i) => asText(found[`p${i}`]))).toEqual(wanted);
        told += 1;
      }),
      { numRuns: 25 },
    );
    expect(told).toBeGreaterThan(4);
  });
});

interface Case {
  readonly bytes: Uint8Array;
  readonly inputs: Inputs;
  readonly wanted: readonly (readonly unknown[])[];
}

/** What is asked of each stage, the rows that transform takes. */
async function caseOf(stage: Fitted): Promise<Case> {
  const bytes = onnxOf(stage.stages, missingText);
  // an input of float64 has not every nanosecond
  const rows = fc
    .sample(row, { seed: 11, numRuns: 30 })
    .map((one) => ({ ...one, ns: one.ns === null ? null : BigInt(Number(one.ns)) }));
  const wanted = await Promise.all(rows.map((one) => wantedOf(stage, one)));
  const kept = rows.filter((_, i) => wanted[i] !== null);
  const inputs = readOnnx(bytes).inputs.map(({ name }): [string, Inputs[string]] => {
    const cells = kept.map((one) => one[name as keyof Row]);
    if (name === 'word') return [name, cells.map((cell) => String(cell ?? missingText))];
    const width = name === 'vec' ? 3 : 1;
    const numbers = cells.flat().map((cell) => (cell === null ? Number.NaN : Number(cell)));
    const isSingle = name === 'f';
    return [
      name,
      { width, values: Float64Array.from(isSingle ? numbers.map(Math.fround) : numbers) },
    ];
  });
  const told = wanted.filter((one) => one !== null);
  return { bytes, inputs: Object.fromEntries(inputs), wanted: told };
}

function expectSame({ wanted }: Case, found: Record<string, { values: readonly unknown[] }>): void {
  const columns = wanted.map((_, i) => {
    const own = found['p']?.values;
    if (own === undefined) return Object.keys(found).map((_, p) => found[`p${p}`]?.values[i]);
    return own.slice((i * own.length) / wanted.length, ((i + 1) * own.length) / wanted.length);
  });
  expect(columns.length).toBeGreaterThan(3);
  columns.forEach((own, i) => {
    const off = own.map((value, p) => {
      const [a, b] = [value === missingText ? Number.NaN : value, wanted[i]?.[p]];
      if (typeof a !== 'number' || typeof b !== 'number') return [a, b];
      const isSame = Object.is(a + 0, b + 0) || Math.abs(a - b) <= 1e-14 * Math.abs(b);
      return isSame ? [b, b] : [a, b];
    });
    expect(off).toEqual(wanted[i]?.map((value) => [value, value]));
  });
}

describe('a stage in ONNX', () => {
  const cases = new Map<string, Case>();
  beforeAll(async () => {
    for (const [name, stage] of ready) {
      if (name !== 'FeatureHasher') cases.set(name, await caseOf(stage));
    }
  });

  it.each(Object.keys(kinds).filter((name) => name !== 'FeatureHasher'))(
    '%s says what transform says',
    (name) => {
      const one = cases.get(name) as Case;
      const tensors = Object.entries(one.inputs).map(([input, given]): [string, Tensor] => {
        if (!('width' in given)) return [input, { dims: [given.length, 1], values: given }];
        const dims = [given.values.length / given.width, given.width];
        return [input, { dims, values: [...given.values] }];
      });
      expectSame(one, runGraph(readOnnx(one.bytes), new Map(tensors)));
    },
  );

  it.runIf(runs)('all say the same in the ONNX Runtime', () => {
    const all = [...cases.values()];
    runOnnx(folder, all).forEach((found, i) => {
      expectSame(all[i] as Case, found as never);
    });
  });
});

describe('what cannot be written is refused by name', () => {
  const last = new GBTClassifier({ featuresCols: ['out'], labelCol: 'label', maxIter: 1 });
  const fit = async (stage: Stage) => await new Pipeline({ stages: [stage, last] }).fit(fitted);

  it('a function, with what to do', async () => {
    const model = await fit(
      new FunctionTransformer({
        outputCol: 'out',
        func: (batch) => new Float64Array(batch.numRows),
      }),
    );
    const rule =
      /must have stages that are data, not code; PipelineModel has a FunctionTransformer/;
    expect(() => model.toModule()).toThrow(rule);
    expect(() => model.toOnnx()).toThrow(/make the column before, fit without the stage/);
  });

  it('in ONNX rows that a stage leaves out, and a hash of texts', async () => {
    const skip = { handleInvalid: 'skip' } as const;
    for (const stage of [
      new Bucketizer({ ...pair('x'), splits: [-9, 0, 9], ...skip }),
      new StringIndexer({ ...pair('word'), ...skip }),
    ]) {
      const model = await fit(stage);
      expect(() => model.toOnnx()).toThrow(/must have stages that keep every row/);
      expect(model.toModule()).toContain('skip');
    }
    const hashed = new FeatureHasher({ inputCols: ['word'], outputCol: 'h', numFeatures: 4 });
    expect(() => hashed.addToOnnx(new OnnxGraph('Stages', {}))).toThrow(
      /has no hash of texts; Stages has a FeatureHasher; take OneHotEncoder/,
    );
  });

  it('in a module numbers as categories of a hash that a stage has made', async () => {
    const hasher = new FeatureHasher({
      inputCols: ['out'],
      outputCol: 'h',
      categoricalCols: ['out'],
    });
    const stages = await fittedStages([new Imputer(pair('x'))]);
    expect(() => moduleOf([...stages, hasher])).toThrow(
      /categoricalCols that are columns of the row/,
    );
  });
});
