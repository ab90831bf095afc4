/**
 * Do feature stages make of public data what scikit-learn, Spark, SciPy and NumPy make of it? fixtures/make-real-features.py
 * made theirs. Outputs are compared by sums over whole columns in which each value counts by its place.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Vector } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  col,
  IndexToString,
  type PartitionedTable,
  Session,
  StringIndexer,
} from '../../src/index.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { isClose, isSame, type Sketch, sketchOf } from './column-sketch.ts';
import { air, realFeatureCases as cases, type Stage } from './real-feature-cases.ts';
import { missingReason, sharedData } from './shared-data.ts';

type Numbers = readonly number[];

type Found = { readonly output?: Sketch } & Readonly<Record<string, unknown>>;

const { results } = JSON.parse(
  readFileSync(new URL('./fixtures/real-features.json', import.meta.url), 'utf8'),
) as { readonly results: Readonly<Record<string, Readonly<Record<string, Found>>>> };

/** Where a library means something else, and what. */
const disagreements: Readonly<Record<string, string>> = {
  'Imputer mean beijing_air by spark':
    'means are cut to the type of the column there, whole numbers; ours are float64',
  'RobustScaler california_housing by sklearn':
    'quantiles between two values are interpolated there',
};

const names = ['adult', 'beijing_air', 'california_housing', 'diamonds', 'letter'] as const;
const runs = suiteRuns(
  'real features',
  missingReason(names.map((name) => `${name}_train.parquet`)),
);

let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

const tables = new Map<string, Promise<PartitionedTable>>();

async function tableOf(name: string): Promise<PartitionedTable> {
  const read = tables.get(name) ?? readTable(name);
  tables.set(name, read);
  return await read;
}

async function readTable(name: string): Promise<PartitionedTable> {
  const table = await session.read.parquet(join(sharedData, `${name}_train.parquet`));
  if (name === 'adult') return table;
  if (name !== 'beijing_air') return table.cache();
  const number = (column: string) => table.select(column).collect();
  const [year, month, day, hour] = await Promise.all(['year', 'month', 'day', 'hour'].map(number));
  const cells = [year, month, day, hour].map(
    (found) => [...(found?.getChildAt(0) ?? [])] as Numbers,
  );
  const time = cells[0]?.map((_, row) => {
    const [y = 0, m = 0, d = 0, h = 0] = cells.map((column) => column[row] as number);
    return new Date(Date.UTC(y, m - 1, d, h));
  });
  const values = await table.select(...air).collect();
  const columns = Object.fromEntries(
    air.map((column) => [column, values.getChild(column) as Vector]),
  );
  return session.createTable({ ...columns, time: time ?? [] });
}

/** Fits and transforms; the last model, and its table. */
async function run(stages: readonly Stage[], table: PartitionedTable) {
  let current = table;
  let last: unknown = null;
  for (const stage of stages) {
    const model = 'fit' in stage ? await stage.fit(current) : stage;
    current = await model.transform(current);
    last = model;
  }
  return { model: last as Readonly<Record<string, unknown>>, table: current };
}

/** What our model knows under the fixture's names. */
function learnedOf(model: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const tests = (model['tests'] ?? []) as readonly { pValue: number; statistic: number }[];
  const splits = model['splits'] as readonly Numbers[] | undefined;
  return {
    learned: model['surrogates'] ?? splits?.map((edges) => edges.slice(1, -1)),
    selected: model['selectedFeatures'],
    pValues: tests.map(({ pValue }) => pValue),
    statistics: tests.map(({ statistic }) => statistic),
    ...Object.fromEntries(
      ['means', 'deviations', 'medians', 'ranges'].map((name) => [
        name,
        (model[name] as readonly Float64Array[] | undefined)?.flatMap((part) => [...part]),
      ]),
    ),
  };
}

describe.runIf(runs)('feature stages on public data', () => {
  it('each has a case', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(results).sort());
  });

  it.each(Object.keys(cases))('%s', async (name) => {
    const [stages, outputs] = cases[name] as (typeof cases)[string];
    const table = await tableOf(
      name.split(' ').find((word) => names.includes(word as 'adult')) ?? '',
    );
    const { model, table: made } = await run(stages, table);
    const libraries = Object.entries(results[name] ?? {});
    expect(libraries.length).toBeGreaterThan(0);
    const sketch = outputs.length === 0 ? null : await sketchOf(made, outputs);
    for (const [library, { output, ...learned }] of libraries) {
      const own = learnedOf(model);
      const same =
        (output === undefined || isSame(sketch as Sketch, output)) &&
        Object.entries(learned).every(([what, values]) => isClose(own[what], values));
      if (disagreements[`${name} by ${library}`] !== undefined) {
        expect(same, `${library} agrees after all`).toBe(false);
        continue;
      }
      for (const [what, values] of Object.entries(learned))
        if (!isClose(own[what], values)) expect(own[what], `${what} of ${library}`).toEqual(values);
      expect(same ? output : sketch, library).toEqual(output);
    }
  });

  it('IndexToString gives the words of adult back', async () => {
    const table = (await tableOf('adult')).select('education');
    const indexer = new StringIndexer({ inputCol: 'education', outputCol: 'i' });
    const back = new IndexToString({ inputCol: 'i', outputCol: 'word' });
    const { table: made } = await run([indexer, back], table);
    expect(await made.filter(col('word').eq(col('education'))).count()).toBe(await table.count());
  });
});
