/** Mixed columns with real categories: 1,000,000 flights, 100 trees of ten levels. */
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

const train = join(sharedData, 'airline_train.parquet');

export const gbtAirline: BenchRow = {
  name: 'gbt-airline',
  title: 'GBT fit, airline 1M × 11 mixed, 100 trees of depth 10, from the file',
  bar: 2,
  stretch: 4,
  metric: 'auc',
  prepare: () => (existsSync(train) ? null : `there is no ${train}`),
  task: () => ({
    work: 'gbt',
    from: 'file',
    train,
    test: join(sharedData, 'airline_test.parquet'),
    label: 'dep_delayed_15min',
    objective: 'binary',
    categories: ['carrier', 'origin', 'dest', 'month', 'day_of_week'],
    ignored: [],
    settings: {
      rounds: 100,
      depth: 10,
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
    {
      ...histGradientBoosting,
      notCounted: 'its categories end at 255 values, and their splits have no smoothing',
    },
    { ...catboost, notCounted: 'target statistics in place of category splits' },
  ],
};
