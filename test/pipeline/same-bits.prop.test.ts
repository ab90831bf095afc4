/**
 * Pipelines of feature stages say the same bits of a table (any partitions, saved and loaded), of a row by itself and in a
 * JavaScript module, whatever types the columns have, at the fit and afterwards.
 */
import {
  Bool,
  type DataType,
  DateMillisecond,
  Dictionary,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeUtf8,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Binarizer,
  Bucketizer,
  DatePartExtractor,
  FeatureHasher,
  Imputer,
  MinMaxScaler,
  Normalizer,
  OneHotEncoder,
  Pipeline,
  PipelineModel,
  QuantileDiscretizer,
  RobustScaler,
  SparseProjector,
  StandardScaler,
  StringIndexer,
  TargetEncoder,
  VectorAssembler,
} from '../../src/index.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import type { Model } from '../../src/pipeline/model.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { runModule } from '../ensemble/module/run-module.ts';
import { inlineTable } from '../tools/inline-table.ts';
import { TellingModel, tellingSchema } from './telling-model.ts';

type Kind = 'number' | 'text' | 'time';

interface ColumnType {
  readonly kind: Kind;
  readonly make: () => DataType;
  /** The value that the column holds of a drawn one. */
  readonly of: (value: number) => unknown;
}

const wholeWithin = (low: bigint, high: bigint) => (value: number) => {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  return whole < low ? low : whole > high ? high : whole;
};
const small = (low: bigint, high: bigint) => (value: number) =>
  Number(wholeWithin(low, high)(value));
const words = ['red', 'green', '1', '0.1', '-0', 'NaN', ''];

const types: Readonly<Record<string, ColumnType>> = {
  double: { kind: 'number', make: () => new Float64(), of: (value) => value },
  float: { kind: 'number', make: () => new Float32(), of: Math.fround },
  tinyint: { kind: 'number', make: () => new Int8(), of: small(-128n, 127n) },
  smallint: { kind: 'number', make: () => new Int16(), of: small(-32768n, 32767n) },
  utinyint: { kind: 'number', make: () => new Uint8(), of: small(0n, 255n) },
  int: { kind: 'number', make: () => new Int32(), of: small(-(2n ** 31n), 2n ** 31n - 1n) },
  uint: { kind: 'number', make: () => new Uint32(), of: small(0n, 2n ** 32n - 1n) },
  bigint: {
    kind: 'number',
    make: () => new Int64(),
    of: wholeWithin(-(2n ** 63n), 2n ** 63n - 1n),
  },
  ubigint: { kind: 'number', make: () => new Uint64(), of: wholeWithin(0n, 2n ** 64n - 1n) },
  boolean: { kind: 'number', make: () => new Bool(), of: (value) => value > 0 },
  string: { kind: 'text', make: () => new Utf8(), of: wordOf },
  'large text': { kind: 'text', make: () => new LargeUtf8(), of: wordOf },
  category: { kind: 'text', make: () => new Dictionary(new Utf8(), new Int32()), of: wordOf },
  date: { kind: 'time', make: () => new DateMillisecond(), of: timeOf },
};

function wordOf(value: number): string {
  return words[Math.abs(Number(wholeWithin(-1000n, 1000n)(value * 3))) % words.length] as string;
}

function timeOf(value: number): Date {
  return new Date(Number(wholeWithin(-1000n, 1000n)(value * 3)) * 86_400_000);
}

const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 5 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.1, 1e-310, 5e-324],
      ...[
        2 ** 53 - 1,
        2 ** 53,
        2 ** 53 + 2,
        2 ** 24 + 1,
        16777217.5,
        1e300,
        -(2 ** 63),
        1e-40,
        3e38,
      ],
    ),
  },
);
const cell = fc.option(value, { nil: null, freq: 6 });
const names = ['a', 'b', 'c', 'd'] as const;
const numRows = 12;

interface Case {
  readonly fitTypes: readonly string[];
  readonly laterTypes: readonly string[];
  readonly fitCells: readonly (readonly (number | null)[])[];
  readonly laterCells: readonly (readonly (number | null)[])[];
  readonly wide: readonly number[];
  readonly stages: readonly (readonly [number, number, number])[];
  readonly numPartitions: number;
}

const namesOfType = Object.keys(types);
const sameKind = (type: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    ...namesOfType.filter((other) => {
      const isFlag = [type, other].includes('boolean') && type !== other;
      return types[other]?.kind === types[type]?.kind && !isFlag;
    }),
  );
const cells = fc.array(fc.array(cell, { minLength: numRows, maxLength: numRows }), {
  minLength: 4,
  maxLength: 4,
});
const drawn: fc.Arbitrary<Case> = fc
  .array(fc.constantFrom(...namesOfType), { minLength: 4, maxLength: 4 })
  .chain((fitTypes) =>
    fc.record({
      fitTypes: fc.constant(fitTypes),
      laterTypes: fc.tuple(...fitTypes.map((type) => fc.oneof(fc.constant(type), sameKind(type)))),
      fitCells: cells,
      laterCells: cells,
      wide: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 4, maxLength: 4 }),
      stages: fc.array(fc.tuple(fc.nat(30), fc.nat(20), fc.nat(20)), {
        minLength: 1,
        maxLength: 4,
      }),
      numPartitions: fc.integer({ min: 1, max: 3 }),
    }),
  );

type Cells = Readonly<Record<string, readonly unknown[]>>;

function valuesOf(
  typeNames: readonly string[],
  drawnCells: Case['fitCells'],
  wide: readonly number[],
) {
  return Object.fromEntries(
    names.map((name, c) => {
      const { of } = types[typeNames[c] as string] as ColumnType;
      const list = (drawnCells[c] ?? []).map((one) => (one === null ? null : of(one)));
      // integers that float64 does not have
      if (typeof list[0] === 'bigint' && (wide[c] as number) !== 0)
        list[0] = 2n ** 53n + BigInt(Math.abs(wide[c] as number));
      return [name, list];
    }),
  );
}

function tableOf(typeNames: readonly string[], values: Cells, numPartitions: number) {
  const columns: Record<string, Vector> = {};
  names.forEach((name, c) => {
    const type = (types[typeNames[c] as string] as ColumnType).make();
    columns[name] = vectorFromArray(values[name] as never[], type) as Vector;
  });
  const label = Float64Array.from({ length: numRows }, (_, i) => (i * 7) % 5);
  columns['label'] = vectorFromArray(label);
  return inlineTable(columns, numPartitions);
}

type Stage = Transformer | Estimator<Model>;

const keep = { handleInvalid: 'keep' } as const;
const makers: readonly ((inputCol: string, outputCol: string, more: string) => Stage)[] = [
  (inputCol, outputCol) => new Binarizer({ inputCol, outputCol, threshold: 0.1 }),
  (inputCol, outputCol) =>
    new Bucketizer({ inputCol, outputCol, splits: [-1e9, 0, 0.1, 1, 2 ** 24 + 1, 1e9], ...keep }),
  (inputCol, outputCol) => new Imputer({ inputCol, outputCol, strategy: 'mode' }),
  (inputCol, outputCol) => new Imputer({ inputCol, outputCol, missingValue: 0.1 }),
  (inputCol, outputCol) => new StandardScaler({ inputCol, outputCol, withMean: true }),
  (inputCol, outputCol) => new MinMaxScaler({ inputCol, outputCol }),
  (inputCol, outputCol) => new RobustScaler({ inputCol, outputCol }),
  (inputCol, outputCol) => new QuantileDiscretizer({ inputCol, outputCol, numBuckets: 4 }),
  (inputCol, outputCol) => new StringIndexer({ inputCol, outputCol, ...keep }),
  (inputCol, outputCol) => new OneHotEncoder({ inputCol, outputCol, dropLast: false, ...keep }),
  (inputCol, outputCol) => new TargetEncoder({ inputCol, outputCol, ...keep }),
  (inputCol, outputCol, more) => new VectorAssembler({ inputCols: [inputCol, more], outputCol }),
  (inputCol, outputCol) => new Normalizer({ inputCol, outputCol, p: 1 }),
  (inputCol, outputCol, more) =>
    new FeatureHasher({ inputCols: [...new Set([inputCol, more])], outputCol, numFeatures: 5 }),
  (inputCol, outputCol) => new DatePartExtractor({ inputCol, outputCol }),
  (inputCol, outputCol, more) =>
    new SparseProjector({ inputCols: [...new Set([inputCol, more])], outputCol }),
];

/** The pipeline of what was drawn; null where its stages cannot read such columns. */
async function fittedOf(one: Case, table: PartitionedTable): Promise<PipelineModel | null> {
  const stages: Stage[] = [];
  const known: string[] = [...names];
  let current = table;
  for (const [which, from, more] of one.stages) {
    const output = `s${stages.length}`;
    const maker = makers[which % makers.length] as (typeof makers)[number];
    const of = (place: number) => known[known.length - 1 - (place % known.length)] as string;
    try {
      const stage = maker(of(from), output, of(more));
      const isEstimator = 'fit' in stage;
      const own = isEstimator ? await stage.fit(current) : stage;
      current = await own.transform(current);
      await current.collect();
      stages.push(stage);
      known.push(output);
    } catch (error) {
      if (!('code' in (error as object))) throw error;
    }
  }
  if (stages.length === 0) return null;
  const fitted = await new Pipeline({ stages }).fit(table);
  const made = known.filter((name) => name.startsWith('s'));
  const telling = new TellingModel(
    {},
    { columns: made, inputSchema: tellingSchema(await fitted.transform(table), made) },
  );
  return new PipelineModel(
    {},
    { stages: [...fitted.stages, telling], inputSchema: fitted.inputSchema },
  );
}

const bits = (numbers: ArrayLike<number>): string[] =>
  Array.from(numbers, (number) => (Object.is(number, -0) ? '-0' : String(number)));

async function toldOf(model: PipelineModel, table: PartitionedTable): Promise<string[][]> {
  const told = (await (await model.transform(table)).select('told').collect()).getChild('told');
  return Array.from({ length: numRows }, (_, row) => {
    const own = told?.get(row) as { toArray(): ArrayLike<number> };
    return bits(own.toArray());
  });
}

describe('a pipeline of feature stages', () => {
  it('says the same bits of tables, rows and in a module', { timeout: 60_000 }, async () => {
    let numModules = 0;
    await fc.assert(
      fc.asyncProperty(drawn, async (one) => {
        const fitTable = tableOf(one.fitTypes, valuesOf(one.fitTypes, one.fitCells, one.wide), 1);
        const model = await fittedOf(one, fitTable);
        if (model === null) return;
        const values = valuesOf(one.laterTypes, one.laterCells, one.wide);
        const rows = Array.from({ length: numRows }, (_, i) =>
          Object.fromEntries(names.map((name) => [name, values[name]?.[i]])),
        );
        const whole = tableOf(one.laterTypes, values, 1);
        const wanted = await toldOf(model, whole);
        expect(await toldOf(model, tableOf(one.laterTypes, values, one.numPartitions))).toEqual(
          wanted,
        );
        const score = await model.scorer();
        expect(rows.map((row) => bits(score(row as never).prediction as never))).toEqual(wanted);
        let text: string;
        try {
          text = model.toModule();
        } catch (error) {
          expect(error).toMatchObject({ code: 'UNSUPPORTED' });
          return;
        }
        const { predict } = runModule(text);
        expect(rows.map((row) => bits(predict(row as never).prediction as never))).toEqual(wanted);
        numModules += 1;
      }),
      { numRuns: 100 },
    );
    expect(numModules).toBeGreaterThan(30);
  });
});
