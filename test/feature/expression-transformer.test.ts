/** ExpressionTransformer: the columns of withColumn, saved with the pipeline, in rows and in modules. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { addComputedCell } from '../../src/feature/module-expressions.ts';
import {
  col,
  createTable,
  ExpressionTransformer,
  expr,
  LinearRegression,
  lit,
  OneHotEncoder,
  Pipeline,
  PipelineModel,
  type ScorerRow,
  StringIndexer,
  VectorAssembler,
} from '../../src/index.ts';
import { logicalSchema } from '../../src/pipeline/logical-schema.ts';
import { ModuleWriter } from '../../src/pipeline/module/module-writer.ts';
import { errorOf } from '../contract/error-of.ts';
import { runModule } from '../ensemble/module/run-module.ts';
import { anyExpression } from '../table/expressions/arbitrary-expression.ts';
import { drawsOf, itDivided } from '../tools/some-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'coppice-expressions-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const flights = createTable({
  miles: [300, 90, null, 500],
  hours: [2, 0.5, 1, 4],
  name: ['AA', 'b6', null, 'UA'],
  y: [1, 2, 3, 4],
});

const speeds = new ExpressionTransformer({
  columns: {
    speed: col('miles').div(col('hours')),
    isFast: 'speed > 130 AND name IS NOT NULL',
    key: "lower(name) || '!'",
  },
});

it('adds the columns of withColumn, each over those before it', async () => {
  const by = flights
    .withColumn('speed', col('miles').div(col('hours')))
    .withColumn('isFast', expr('speed > 130 AND name IS NOT NULL'))
    .withColumn('key', col('name').lower().concat('!'));
  const made = await speeds.transform(flights);
  expect(made.schema).toEqual(by.schema);
  expect(speeds.transformSchema(flights.schema)).toEqual(by.schema);
  expect(await made.take(4)).toEqual(await by.take(4));
  expect((await made.take(4)).map((row) => row['isFast'])).toEqual([true, true, false, false]);
});

describe('what it cannot compute is refused before rows are read', () => {
  it.each([
    [
      { y: 'miles * 2' },
      'COLUMN_EXISTS',
      'columns of ExpressionTransformer must be a column that the table does not have',
    ],
    [{ z: 'mile * 2' }, 'COLUMN_NOT_FOUND', 'did you mean miles?'],
    [{ z: 'name * 2' }, 'COLUMN_TYPE', 'must be number or boolean; got string'],
  ])('%j', async (columns, code, said) => {
    const stage = new ExpressionTransformer({ columns });
    for (const act of [
      () => stage.transform(flights),
      () => stage.transformSchema(flights.schema),
    ]) {
      const error = await errorOf(act as () => unknown);
      expect(error.code).toBe(code);
      expect(error.message).toContain(said);
    }
  });

  it.each([[{}], ['a + b'], [{ z: 3 }], [[col('a')]]])('the parameter %j', async (columns) => {
    const error = await errorOf(() => new ExpressionTransformer({ columns: columns as never }));
    expect(error.code).toBe('PARAM_INVALID');
    expect(error.message).toContain(
      'columns of ExpressionTransformer must be an object of expressions by name',
    );
  });
});

it('is saved with its pipeline, and scores rows there and in a module as it transforms tables', async () => {
  const stages = [
    speeds,
    new VectorAssembler({
      inputCols: ['speed', 'isFast'],
      outputCol: 'features',
      handleInvalid: 'keep',
    }),
    new LinearRegression({ labelCol: 'y', maxIter: 5 }),
  ];
  const known = flights.filter(col('miles').isNotNull());
  const model = await new Pipeline({ stages }).fit(known);
  const path = join(folder, 'model');
  await model.save(path);
  const loaded = await PipelineModel.load(path);
  const rows = await known.take(4);
  const expected = (await (await model.transform(known)).take(4)).map((row) => row['prediction']);
  const scorer = await loaded.scorer();
  const { predict } = runModule(loaded.toModule());
  expect(rows.map((row) => scorer(row as ScorerRow).prediction)).toEqual(expected);
  expect(rows.map((row) => predict(row as ScorerRow).prediction)).toEqual(expected);
  expect(loaded.stages[0]?.uid).toBe(speeds.uid);
});

it('reads parts of a column that a stage before it will make', async () => {
  const stages = [
    new StringIndexer({ inputCol: 'name', outputCol: 'index' }),
    new OneHotEncoder({ inputCol: 'index', outputCol: 'flags', dropLast: false }),
    new ExpressionTransformer({ columns: { isAA: col('flags').getItem('AA').eq(1) } }),
    new LinearRegression({ featuresCols: ['isAA', 'hours'], labelCol: 'y', maxIter: 2 }),
  ];
  const named = flights.filter(col('name').isNotNull());
  const model = await new Pipeline({ stages }).fit(named);
  const made = await (await model.transform(named)).take(9);
  expect(made.map((row) => row['isAA'])).toEqual([true, false, false]);
});

itDivided('says in a module, row by row, what it says in a table', async () => {
  const cell = fc.record({
    x: fc.option(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), {
      freq: 5,
    }),
    y: fc.option(fc.integer({ min: -2, max: 2 }), { freq: 5 }),
    s: fc.option(fc.constantFrom('', 'a', 'ab', ' B ', 'é', '🙂', '\uffee'), { freq: 5 }),
    t: fc.option(fc.constantFrom('a', 'b'), { freq: 5 }),
    b: fc.option(fc.boolean(), { freq: 5 }),
  });
  const full = { x: 1.5, y: 2, s: 'a', t: 'b', b: true };
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyExpression, { minLength: 30, maxLength: 30 }),
      fc.array(cell, { minLength: 3, maxLength: 8 }),
      async (expressions, cells) => {
        const rows = [...cells, full];
        const names = Object.keys(full) as (keyof typeof full)[];
        const table = createTable(
          Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])) as never,
        );
        const columns = expressions.map(({ made }, i) => [`e${i}`, made] as const);
        const stage = new ExpressionTransformer({ columns: Object.fromEntries(columns) });
        const expected = await (await stage.transform(table)).take(rows.length);
        const writer = new ModuleWriter('a test');
        writer.know(logicalSchema(table.schema));
        for (const [name, { node }] of columns) {
          addComputedCell(writer, name, node);
          writer.tell(name, writer.cell([name]));
        }
        addComputedCell(writer, 'prediction', lit(1).node);
        const names_ = {
          predictionCol: 'prediction',
          rawPredictionCol: null,
          probabilityCol: null,
        };
        const { predict } = runModule(writer.text(names_));
        rows.forEach((row, i) => {
          const said = predict(row) as unknown as Record<string, unknown>;
          for (const [name] of columns) {
            const value = expected[i]?.[name] ?? null;
            const told = said[name];
            // a flag or a number of a row that is missing is NaN, and false where it is told
            if (value === null) expect([null, false]).toContain(Number.isNaN(told) ? null : told);
            else expect(told).toBe(value);
          }
        });
      },
    ),
    { numRuns: drawsOf(20) },
  );
});

describe('what ONNX cannot compute is refused by name', () => {
  it.each(['lower(name)', "name < 'b'", 'isnan(miles)', '1 + 1', "name LIKE 'A%'"])(
    '%s',
    async (text) => {
      const stages = [
        new ExpressionTransformer({ columns: { z: text } }),
        new LinearRegression({ featuresCols: ['hours'], labelCol: 'y', maxIter: 1 }),
      ];
      const model = await new Pipeline({ stages }).fit(flights);
      const error = await errorOf(() => model.toOnnx());
      expect(error.code).toBe('UNSUPPORTED');
      expect(error.message).toContain('texts compared with constants');
    },
  );
});

describe('what a module cannot compute is refused by name', () => {
  it.each(['cast(name as int)', "at > DATE '2026-01-01'", 'cast(miles as string)'])(
    '%s',
    async (text) => {
      const stages = [
        new ExpressionTransformer({ columns: { z: text } }),
        new LinearRegression({ featuresCols: ['hours'], labelCol: 'y', maxIter: 1 }),
      ];
      const table = flights.withColumn('at', new Date(0) as never).filter(col('name').isNull());
      const model = await new Pipeline({ stages }).fit(table);
      const error = await errorOf(() => model.toModule());
      expect(error.code).toBe('UNSUPPORTED');
      expect(error.message).toContain('expressions of numbers, texts and booleans');
    },
  );
});
