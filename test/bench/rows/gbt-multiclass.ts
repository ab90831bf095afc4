/** Many classes: letters (26 classes, 16 columns) and digits (10 classes, 784 columns), a tree a class and round. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedData } from '../bench-home.ts';
import { catboost, coppice, histGradientBoosting, lightgbm, xgboost } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';

function multiclassRow(set: string, label: string, what: string): BenchRow {
  const train = join(sharedData, `${set}_train.parquet`);
  return {
    name: `gbt-${set}`,
    title: `GBT multiclass fit, ${what}, 100 rounds × 31 leaves, from the file`,
    bar: 1.5,
    stretch: 2.5,
    metric: 'logLoss',
    prepare: () => (existsSync(train) ? null : `there is no ${train}`),
    task: () => ({
      work: 'gbt',
      from: 'file',
      train,
      test: join(sharedData, `${set}_test.parquet`),
      label,
      objective: 'multiclass',
      categories: [],
      ignored: [],
      settings: {
        rounds: 100,
        leaves: 31,
        bins: 255,
        rate: 0.1,
        lambda: 1,
        minRows: 1,
        minHessian: 1e-3,
      },
    }),
    contestants: [coppice, lightgbm, xgboost, histGradientBoosting, catboost],
  };
}

export const gbtLetter = multiclassRow('letter', 'target', 'letter 16k × 16, 26 classes');
export const gbtMnist = multiclassRow('mnist10k', 'digit', 'mnist10k 8k × 784, 10 classes');
