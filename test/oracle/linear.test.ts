/**
 * Do our linear models find the coefficients that Spark, scikit-learn and SciPy find, on drawn and on real data?
 * fixtures/make-linear.py made theirs. Where rounding decides (no penalty, nearly dependent columns) what is
 * compared is what matters: margins of rows instead of single coefficients.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  type PartitionedTable,
  Session,
} from '../../src/index.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { missingReason, sharedData } from './shared-data.ts';

type Coefficients = readonly [readonly (readonly number[])[], readonly number[]];
type Cases = Readonly<Record<string, Readonly<Record<string, Coefficients>>>>;
type Task = 'binary' | 'multinomial' | 'linear';

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/linear.json', import.meta.url), 'utf8'),
) as {
  readonly small: Readonly<Record<string, readonly number[]>> & {
    readonly columns: readonly (readonly number[])[];
  };
  readonly used: Readonly<Record<string, { readonly features: string[]; readonly label: string }>>;
  readonly results: Readonly<Record<Task, Readonly<Record<string, Cases & { regParam: number }>>>>;
};

const reason = missingReason(Object.keys(fixture.used).map((name) => `${name}_train.parquet`));
const runs = suiteRuns('linear models', reason);

let session: Session;
beforeAll(async () => {
  session = await Session.local({ threads: 2 });
});
afterAll(async () => {
  await session.close();
});

type Given = [
  PartitionedTable,
  { readonly featuresCols: string[]; readonly [option: string]: unknown },
];
const tables = new Map<string, Promise<Given>>();

/** The table and the columns of a set, read once. */
async function tableOf(task: Task, name: string): Promise<Given> {
  const known = tables.get(`${task} ${name}`) ?? readTable(task, name);
  tables.set(`${task} ${name}`, known);
  return await known;
}

async function readTable(task: Task, name: string): Promise<Given> {
  if (name.startsWith('small')) {
    const { columns } = fixture.small;
    const weight = fixture.small['weight'] as readonly number[];
    const entries = columns.map((values, j) => [`x${j}`, values] as const);
    const label = fixture.small[task] as readonly number[];
    const table = session.createTable({ ...Object.fromEntries(entries), label, weight });
    const featuresCols = entries.map(([column]) => column);
    return [table, name === 'small' ? { featuresCols } : { featuresCols, weightCol: 'weight' }];
  }
  const { features, label } = fixture.used[name] as (typeof fixture.used)[string];
  const table = await session.read.parquet(join(sharedData, `${name}_train.parquet`));
  return [
    table
      .select(...features, label)
      .na.drop()
      .cache(),
    { featuresCols: features, labelCol: label },
  ];
}

/** What a case of the fixture asks for. */
function optionsOf(kind: string, regParam: number): object {
  const options: Readonly<Record<string, object>> = {
    none: {},
    ridge: { regParam },
    elastic: { regParam, elasticNetParam: 0.5 },
    lasso: { regParam, elasticNetParam: 1 },
    rawRidge: { regParam, standardization: false },
    noIntercept: { regParam, fitIntercept: false },
    nonnegative: { nonnegative: true },
  };
  return options[kind] as object;
}

async function coefficientsOf(
  task: Task,
  name: string,
  kind: string,
): Promise<[Float64Array[], number[]]> {
  const { regParam } = fixture.results[task][name] as { regParam: number };
  const [table, columns] = await tableOf(task, name);
  const options = { ...columns, ...optionsOf(kind, regParam), maxIter: 2000, tol: 1e-12 };
  if (task === 'linear') {
    const model = await new LinearRegression(options).fit(table);
    return [[model.coefficients], [model.intercept]];
  }
  if (kind === 'hinge') {
    const model = await new LinearSVC({ ...options, regParam }).fit(table);
    return [[model.coefficients], [model.intercept]];
  }
  const family = task === 'binary' ? 'binomial' : 'multinomial';
  // the non-negative logistic model of the fixture has a penalty
  const more = kind === 'nonnegative' ? { regParam } : {};
  const model = await new LogisticRegression({ ...options, ...more, family }).fit(table);
  return [[...model.coefficientMatrix], [...model.interceptVector]];
}

/** The largest difference of a coefficient, in units of the largest one; both of scaled features. */
function distance(
  ours: readonly ArrayLike<number>[],
  theirs: readonly (readonly number[])[],
  scales: readonly number[],
): number {
  let largest = 1e-12;
  let most = 0;
  theirs.forEach((row, k) => {
    row.forEach((value, j) => {
      const scale = scales[j] as number;
      largest = Math.max(largest, Math.abs(value * scale));
      most = Math.max(most, Math.abs((value - (ours[k]?.[j] as number)) * scale));
    });
  });
  return most / largest;
}

const deviations = new Map<string, Promise<number[]>>();

/** The deviation of each feature. */
async function deviationsOf(task: Task, name: string): Promise<number[]> {
  const known = deviations.get(name) ?? measure(task, name);
  deviations.set(name, known);
  return await known;
}

async function measure(task: Task, name: string): Promise<number[]> {
  const [table, { featuresCols }] = await tableOf(task, name);
  const all = await table.collect();
  return featuresCols.map((column) => {
    const values = Array.from(all.getChild(column)?.toArray() ?? [], Number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const scatter = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return Math.sqrt(scatter / values.length);
  });
}

for (const [task, sets] of Object.entries(fixture.results) as [
  Task,
  Readonly<Record<string, Cases>>,
][]) {
  for (const [name, cases] of Object.entries(sets)) {
    const isReal = !name.startsWith('small');
    describe.runIf(runs || !isReal)(`${task} on ${name}`, () => {
      for (const [kind, peers] of Object.entries(cases)) {
        if (kind === 'regParam') continue;
        it(`has the coefficients of ${Object.keys(peers).join(' and ')}: ${kind}`, async () => {
          const scales = await deviationsOf(task, name);
          const [coefficients, intercepts] = await coefficientsOf(task, name, kind);
          for (const [peer, [theirs, theirIntercepts]] of Object.entries(peers)) {
            const found = {
              coefficients: distance(coefficients, theirs, scales),
              intercepts: distance(
                [intercepts],
                [theirIntercepts],
                intercepts.map(() => 1),
              ),
            };
            expect(found.coefficients, peer).toBeLessThan(1e-5);
            expect(found.intercepts, peer).toBeLessThan(1e-5);
          }
        });
      }
    });
  }
}
