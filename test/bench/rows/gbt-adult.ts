/** Small data with categories: 32,561 rows of the census, 100 trees of 31 leaves. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedData } from '../bench-home.ts';
import {
  catboost,
  coppice,
  histGradientBoosting,
  lightgbmCategories,
  xgboost,
} from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';

const train = join(sharedData, 'adult_train.parquet');

export const gbtAdult: BenchRow = {
  name: 'gbt-adult',
  title: 'GBT fit, adult 32k × 14 mixed, 100 trees × 31 leaves, from the file',
  bar: 1.5,
  stretch: 2.5,
  metric: 'auc',
  prepare: () => (existsSync(train) ? null : `there is no ${train}`),
  task: () => ({
    work: 'gbt',
    from: 'file',
    train,
    test: join(sharedData, 'adult_test.parquet'),
    label: 'income',
    objective: 'binary',
    categories: [
      'workclass',
      'education',
      'marital_status',
      'occupation',
      'relationship',
      'race',
      'sex',
      'native_country',
    ],
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
  contestants: [
    coppice,
    lightgbmCategories,
    xgboost,
    histGradientBoosting,
    { ...catboost, notCounted: 'target statistics in place of category splits' },
  ],
};
