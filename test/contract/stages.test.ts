import { describe, expect, it } from 'vitest';
import { Estimator } from '../../src/pipeline/estimator.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { logicalSchema } from '../../src/pipeline/logical-schema.ts';
import type { Model } from '../../src/pipeline/model.ts';
import type { LoadOptions } from '../../src/pipeline/stage-reader.ts';
import type { Transformer } from '../../src/pipeline/transformer.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';
import { errorOf } from './error-of.ts';
import { type Columns, type StageCase, stageCases } from './stage-cases.ts';

const root = temporaryFolder('contract');
let folders = 0;
const fresh = (): string => `${root}/${folders++}`;

async function fitted(given: StageCase, table?: PartitionedTable): Promise<Transformer> {
  const stage = given.make();
  return stage instanceof Estimator ? await stage.fit(table ?? inlineTable(given.table)) : stage;
}

const all = new Map<StageCase, Promise<Transformer>>();

/** A stage that was fitted once, for all tests that only look at it. */
function known(given: StageCase): Promise<Transformer> {
  const found = all.get(given) ?? fitted(given);
  all.set(given, found);
  return found;
}

async function contentOfFolder(stage: { save(path: string): Promise<void> }): Promise<object> {
  const path = fresh();
  await stage.save(path);
  return folderContent(path);
}

function renamed(columns: Columns, from: string, to: string): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name === from ? to : name, values]),
  );
}

function retyped(columns: Columns, name: string): Columns {
  const length = Number(Object.values(columns)[0]?.length);
  return { ...columns, [name]: Array.from({ length }, () => new Date(0)) };
}

/** The table's columns and types, and no rows. */
async function withoutRows(columns: Columns): Promise<PartitionedTable> {
  const table = await inlineTable(columns).collect();
  const empty = table.schema.fields.map(({ name }) => [name, table.getChild(name)?.slice(0, 0)]);
  return inlineTable(Object.fromEntries(empty) as Columns);
}

describe.each(Object.keys(stageCases))('%s', (name) => {
  const given = stageCases[name] as StageCase;
  const loadOptions: LoadOptions =
    given.functions === undefined ? {} : { functions: given.functions };

  it('leaves its input as it was', async () => {
    const table = inlineTable(given.table, 2);
    const before = await contentOf(table);
    const stage = await fitted(given, table);
    await contentOf(await stage.transform(table));
    expect(table.columns).toEqual(Object.keys(given.table));
    expect(await contentOf(table)).toEqual(before);
  });

  it('gives the same bytes for a second fit, and for other partitions', async () => {
    const once = await contentOfFolder(await known(given));
    expect(await contentOfFolder(await fitted(given))).toEqual(once);
    for (const numPartitions of [2, 7]) {
      const other = await fitted(given, inlineTable(given.table, numPartitions));
      expect(await contentOfFolder(other)).toEqual(once);
    }
  });

  it('transforms the same rows for any partitions, keeps their order and the columns', async () => {
    const stage = await known(given);
    const once = await contentOf(await stage.transform(inlineTable(given.table)));
    const parts = await contentOf(await stage.transform(inlineTable(given.table, 3)));
    expect(parts).toEqual(once);
    expect(once).toMatchObject(await contentOf(inlineTable(given.table)));
  });

  it('says beforehand which columns it adds', async () => {
    const stage = await known(given);
    const table = inlineTable(given.table, 2);
    const transformed = await stage.transform(table);
    const promised = logicalSchema(stage.transformSchema(table.schema));
    expect(logicalSchema(transformed.schema)).toEqual(promised);
    expect(logicalSchema((await transformed.collect()).schema)).toEqual(promised);
    expect(transformed.columns.slice(0, table.columns.length)).toEqual(table.columns);
  });

  it('predicts the same after save and load, and saves the same bytes again', async () => {
    const stage = await known(given);
    const path = fresh();
    await stage.save(path);
    const loaded = (await loadStage(path, loadOptions)) as Transformer;
    expect(loaded.uid).toBe(stage.uid);
    const table = inlineTable(given.table, 2);
    expect(await contentOf(await loaded.transform(table))).toEqual(
      await contentOf(await stage.transform(table)),
    );
    expect(await contentOfFolder(loaded)).toEqual(folderContent(path));
  });

  it('is not loaded as another class', async () => {
    const path = fresh();
    await (await known(given)).save(path);
    const other = Object.values(stageCases).find((candidate) => candidate !== given) as StageCase;
    const otherClass = other.make().constructor as unknown as {
      load(path: string, options?: LoadOptions): Promise<unknown>;
    };
    const error = await errorOf(() => otherClass.load(path));
    expect(error.code).toBe('MODEL_CLASS');
    expect(error.message).toContain(`must be of class ${other.make().className}; it is of class`);
  });

  it('names a missing column and the nearest one, in fit and in transform', async () => {
    const misspelt = inlineTable(renamed(given.table, given.reads, `${given.reads}s`));
    const stage = given.make();
    const model = await known(given);
    const attempts = [
      () => model.transform(misspelt),
      ...(stage instanceof Estimator ? [() => stage.fit(misspelt)] : []),
    ];
    for (const attempt of attempts) {
      const error = await errorOf(attempt);
      expect(error.code).toBe('COLUMN_NOT_FOUND');
      expect(error.message).toContain(`did you mean ${given.reads}s?`);
    }
  });

  it('refuses a column of another type', async (context) => {
    if (given.takesAnyType !== undefined) return context.skip(given.takesAnyType);
    const wrong = inlineTable(retyped(given.table, given.reads));
    const stage = given.make();
    const model = await known(given);
    const error = await errorOf(() => model.transform(wrong));
    expect(error.code).toBe(stage instanceof Estimator ? 'SCHEMA_MISMATCH' : 'COLUMN_TYPE');
    expect(error.message).toContain(given.reads);
    return undefined;
  });

  it('transforms a table without rows', async () => {
    const stage = await known(given);
    const empty = await withoutRows(given.table);
    expect(await (await stage.transform(empty)).count()).toBe(0);
  });

  it('refuses to overwrite a column', async () => {
    const stage = await known(given);
    const table = inlineTable(given.table);
    const once = await stage.transform(table);
    expect((await errorOf(() => stage.transform(once))).code).toBe('COLUMN_EXISTS');
  });
});

const estimators = Object.keys(stageCases).filter(
  (name) => stageCases[name]?.modelName !== undefined,
);

describe.each(estimators)('the estimator %s', (name) => {
  const given = stageCases[name] as StageCase;

  it('does not transform before it is fitted', async () => {
    const stage = given.make() as Estimator;
    expect((await errorOf(() => stage.transform(inlineTable(given.table)))).code).toBe(
      'NOT_FITTED',
    );
  });

  it('makes a model of the class that is named, which cannot be made without a fit', async () => {
    const model = (await known(given)) as Model;
    expect(model.className).toBe(given.modelName);
    expect(model.inputSchema.length).toBeGreaterThan(0);
    const modelClass = model.constructor as new (options: object) => unknown;
    expect((await errorOf(() => new modelClass(model.givenOptions))).code).toBe('NOT_FITTED');
  });

  it('names the same columns before the fit and after', async () => {
    const table = inlineTable(given.table);
    const stage = given.make() as Estimator;
    const before = stage.transformSchema(table.schema).fields.map((field) => field.name);
    expect((await (await stage.fit(table)).transform(table)).columns).toEqual(before);
  });

  it('refuses a column of a type that it cannot learn from', async (context) => {
    if (given.fitsAnyType !== undefined) return context.skip(given.fitsAnyType);
    const stage = given.make() as Estimator;
    const wrong = inlineTable(retyped(given.table, given.reads));
    expect((await errorOf(() => stage.fit(wrong))).code).toBe('COLUMN_TYPE');
    return undefined;
  });

  it('ends with ABORTED when its signal has fired', async () => {
    const stage = given.make() as Estimator;
    const error = await errorOf(() =>
      stage.fit(inlineTable(given.table), { signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe('ABORTED');
  });

  it('fits a table without rows or says what is wrong', async () => {
    const stage = given.make() as Estimator;
    const empty = await withoutRows(given.table);
    if (given.refusesEmpty === true) {
      expect(['DATA_EMPTY', 'DATA_INVALID']).toContain(
        (await errorOf(() => stage.fit(empty))).code,
      );
    } else expect((await stage.fit(empty)).className).toBe(given.modelName);
  });
});
