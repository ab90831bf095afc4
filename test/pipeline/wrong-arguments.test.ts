/** Calls from plain JavaScript with arguments of the wrong kind: each is refused with a code and what is wanted. */
import { tableFromArrays } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { fromLightGBM } from '../../src/ensemble/foreign/from-lightgbm.ts';
import { RegressionEvaluator } from '../../src/evaluation/evaluators/regression-evaluator.ts';
import { partialDependence } from '../../src/evaluation/importance/partial-dependence.ts';
import { permutationImportance } from '../../src/evaluation/importance/permutation-importance.ts';
import { Binarizer } from '../../src/feature/numbers/binarizer.ts';
import { StandardScaler } from '../../src/feature/numbers/standard-scaler.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { createTable, read } from '../../src/session/default-session.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { ParamGridBuilder } from '../../src/tuning/search/param-grid-builder.ts';
import { errorOf } from '../contract/error-of.ts';
import { inlineTable } from '../tools/inline-table.ts';

const table = inlineTable({ x: [1, 2, null], y: [1, 2, 3] });
// as JavaScript sees them
type Loose = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;
const loose = (value: unknown): Loose => value as Loose;
const any = (value: unknown): never => value as never;

const noTables: readonly unknown[] = [
  undefined,
  null,
  5,
  'x',
  [{ x: 1 }],
  {},
  tableFromArrays({ x: [1] }),
  Promise.resolve(table),
];

describe('what is no table', () => {
  it('is refused by every stage that transforms or measures', async () => {
    const scaler = await new StandardScaler({ inputCol: 'y', outputCol: 'z' }).fit(table);
    const pipeline = await new Pipeline({ stages: [scaler] }).fit(table);
    const evaluator = new RegressionEvaluator({ labelCol: 'y' });
    const binarizer = new Binarizer({ inputCol: 'y', outputCol: 'b' });
    for (const given of noTables) {
      const calls = {
        model: () => scaler.transform(any(given)),
        pipeline: () => pipeline.transform(any(given)),
        transformer: () => binarizer.transform(any(given)),
        evaluate: () => evaluator.evaluate(any(given)),
        evaluateAll: () => evaluator.evaluateAll(any(given)),
        importance: () => permutationImportance(scaler, any(given), any({})),
        dependence: () => partialDependence(scaler, any(given), any({})),
        union: () => table.union(any(given)),
      };
      for (const [what, call] of Object.entries(calls)) {
        const error = await errorOf(call);
        expect([what, error.code]).toEqual([what, 'PARAM_INVALID']);
        expect(error.message).toMatch(/^table .*must be a PartitionedTable/);
      }
    }
    const promised = await errorOf(() => scaler.transform(any(Promise.resolve(table))));
    expect(promised.message).toMatch(
      /^table given to StandardScalerModel.transform .*: make one by createTable, and await what /,
    );
  });
});

describe('what names no column', () => {
  it.each(['select', 'drop', 'distinct', 'orderBy'])('is refused by %s', async (verb) => {
    for (const given of [undefined, null, 5, ['x'], () => 1]) {
      const error = await errorOf(() => loose(table)[verb]?.call(table, given));
      expect(error.code).toBe('PARAM_INVALID');
    }
    const list = await errorOf(() => loose(table)[verb]?.call(table, ['x', 'y']));
    expect(list.message).toMatch(/: give the (names|keys) one by one, \w+\(\.\.\.(names|keys)\)$/);
  });

  it.each(['rename', 'cast', 'typed'])('is refused by %s', async (verb) => {
    for (const given of [undefined, null, 5, 'x', ['x']])
      expect((await errorOf(() => loose(table)[verb]?.call(table, given))).code).toBe(
        'PARAM_INVALID',
      );
  });

  it('is refused as a key of orderBy, with misspelt words', async () => {
    for (const [key, code] of [
      [{ column: 'x', ascending: false }, 'PARAM_UNKNOWN'],
      [{ column: 'x', descending: 'yes' }, 'PARAM_INVALID'],
      [{ column: 'x', nulls: 'middle' }, 'PARAM_INVALID'],
    ] as const)
      expect((await errorOf(() => table.orderBy(any(key)))).code).toBe(code);
  });
});

describe('options that are none', () => {
  const path = 'never-written.csv';
  const calls: Readonly<Record<string, (options: unknown) => unknown>> = {
    'read.csv': (options) => read.csv(path, any(options)),
    'read.parquet': (options) => read.parquet(path, any(options)),
    'read.arrow': (options) => read.arrow(path, any(options)),
    'write.csv': (options) => table.write.csv(path, any(options)),
    'write.parquet': (options) => table.write.parquet(path, any(options)),
    'write.arrow': (options) => table.write.arrow(path, any(options)),
    'RegressionEvaluator.save': (options) => new RegressionEvaluator({}).save(path, any(options)),
    loadStage: (options) => loadStage(path, any(options)),
    createTable: (options) => createTable({ x: [1] }, any(options)),
    'na.drop': (options) => table.na.drop(any(options)),
  };

  it.each(Object.keys(calls))('are refused by %s, not passed over', async (owner) => {
    const misspelt = await errorOf(() => calls[owner]?.({ delimeter: ';' }));
    expect(misspelt.code).toBe('PARAM_UNKNOWN');
    expect(misspelt.message).toMatch(new RegExp(`^delimeter, given to ${owner}, must be one of`));
    for (const given of [null, 5, 'all', ['x'], true]) {
      const error = await errorOf(() => calls[owner]?.(given));
      expect(error.code).toBe('PARAM_INVALID');
      expect(error.message).toContain(`options of ${owner} must be an object; got `);
    }
  });
});

describe('what is no path', () => {
  const calls: Readonly<Record<string, (path: unknown) => unknown>> = {
    'write.csv': (path) => table.write.csv(any(path)),
    'write.parquet': (path) => table.write.parquet(any(path)),
    'write.arrow': (path) => table.write.arrow(any(path)),
    'RegressionEvaluator.save': (path) => new RegressionEvaluator({}).save(any(path)),
    'RegressionEvaluator.load': (path) => RegressionEvaluator.load(any(path)),
    loadStage: (path) => loadStage(any(path)),
  };

  it.each(Object.keys(calls))('is refused by %s', async (owner) => {
    for (const given of [undefined, null, 5, '', ['x'], {}, new URL('file:///x')]) {
      const error = await errorOf(() => calls[owner]?.(given));
      expect([given, error.code]).toEqual([given, 'PARAM_INVALID']);
      expect(error.message).toMatch(new RegExp(`^path of ${owner} must be a text`));
    }
  });
});

describe('values of the wrong kind', () => {
  it('are refused where they were passed over', async () => {
    for (const call of [
      () => table.na.fill(any(null)),
      () => table.na.fill(any(undefined)),
      () => table.na.drop(any({ columns: 'x' })),
      () => fromLightGBM(any(5)),
      () => fromLightGBM(any(null)),
      () => new ParamGridBuilder().baseOn(any(null)),
      () => partialDependence(any(null), table as PartitionedTable, any(null)),
    ])
      expect((await errorOf(call)).code).toBe('PARAM_INVALID');
  });
});
