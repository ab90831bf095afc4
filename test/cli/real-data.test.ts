/**
 * Fit, save, load, transform and evaluate through the command line on real data. The bounds are what the
 * peers reach with their defaults (see the data's notes), with room for fewer rounds.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { suiteRuns } from '../tools/suite-runs.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runJson } from './run-process.ts';

const folder = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const runs = suiteRuns(
  'real-data',
  existsSync(folder) ? null : 'there is no shared/data beside the project',
);

interface RealSet {
  readonly name: string;
  readonly label: string;
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly testRows: number;
  readonly words?: readonly string[];
  /** The metric, and what it must reach with boosted trees. */
  readonly metric: 'auc' | 'logloss' | 'rmse';
  readonly gbt: number;
  /** The same for a forest of 10 trees; not run where absent. */
  readonly forest?: number;
}

const sets: readonly RealSet[] = [
  {
    name: 'adult',
    label: 'income',
    task: 'binary',
    testRows: 16_281,
    metric: 'auc',
    gbt: 0.925,
    forest: 0.9,
  },
  {
    name: 'airline',
    label: 'dep_delayed_15min',
    task: 'binary',
    testRows: 200_000,
    words: ['--params', 'maxIter=30,stepSize=0.2', '--categorical', 'month,day_of_week'],
    metric: 'auc',
    gbt: 0.71,
  },
  {
    name: 'diamonds',
    label: 'price',
    task: 'regression',
    testRows: 10_788,
    metric: 'rmse',
    gbt: 560,
    forest: 650,
  },
  {
    name: 'letter',
    label: 'target',
    task: 'multiclass',
    testRows: 4_000,
    words: ['--task', 'classification', '--params', 'maxIter=40'],
    metric: 'logloss',
    gbt: 0.25,
    forest: 0.6,
  },
  {
    name: 'california_housing',
    label: 'medianHouseValue',
    task: 'regression',
    testRows: 4_128,
    metric: 'rmse',
    gbt: 48_500,
    forest: 55_000,
  },
  {
    name: 'nycflights13',
    label: 'arr_delayed_15min',
    task: 'binary',
    testRows: 65_469,
    words: ['--params', 'maxIter=50'],
    metric: 'auc',
    gbt: 0.76,
  },
];

describe.runIf(runs)('the command line on real data', () => {
  const out = temporaryFolder('real-data');

  const run = async (set: RealSet, algo: 'gbt' | 'rf', bound: number): Promise<void> => {
    const model = join(out, `${set.name}-${algo}`);
    const scored = join(out, `${set.name}-${algo}.parquet`);
    const words = algo === 'gbt' ? (set.words ?? []) : forestWords(set);
    const fitted = await runJson([
      'fit',
      ...['--data', join(folder, `${set.name}_train.parquet`), '--label', set.label],
      ...['--algo', algo, '--model', model],
      ...words,
    ]);
    expect(fitted['task']).toBe(set.task === 'regression' ? 'regression' : 'classification');
    const test = join(folder, `${set.name}_test.parquet`);
    const transformed = await runJson([
      'transform',
      '--model',
      model,
      '--data',
      test,
      '--out',
      scored,
    ]);
    expect(transformed).toMatchObject({ rows: set.testRows });
    const evaluated = await runJson([
      'evaluate',
      ...['--data', scored, '--label', set.label, '--metric', set.metric],
    ]);
    expect(evaluated['task']).toBe(set.task);
    const value = (evaluated['metrics'] as Record<string, number>)[set.metric] as number;
    if (set.metric === 'auc') expect(value).toBeGreaterThan(bound);
    else expect(value).toBeLessThan(bound);
  };

  it.each(sets.map((set) => [set.name, set] as const))(
    'boosted trees learn %s as well as the peers do',
    { timeout: 240_000 },
    (_name, set) => run(set, 'gbt', set.gbt),
  );

  it.each(sets.filter((set) => set.forest !== undefined).map((set) => [set.name, set] as const))(
    'a random forest learns %s',
    { timeout: 240_000 },
    (_name, set) => run(set, 'rf', set.forest as number),
  );
});

function forestWords(set: RealSet): string[] {
  const task = set.task === 'regression' ? 'regression' : 'classification';
  return ['--task', task, '--params', 'numTrees=10,maxDepth=14'];
}
