/** A wide table that is mostly zeros: 10,000 rows of 5,000 columns of which one value in a hundred is not. */
import { join } from 'node:path';
import { benchHome } from '../bench-home.ts';
import { coppice, histGradientBoosting, lightgbm, xgboost } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { setUpWideColumns } from '../setup.ts';

const folder = join(benchHome, 'data', 'wide-5000');

export const gbtWide: BenchRow = {
  name: 'gbt-wide',
  title: 'GBT fit, 10k × 5,000 columns, 1 % filled, 100 × 31 leaves, from the file',
  bar: 1.5,
  stretch: 2.5,
  metric: 'auc',
  prepare: () => {
    setUpWideColumns({ columns: 5000, trainRows: 10_000, testRows: 5000, folder });
    return null;
  },
  task: () => ({
    work: 'gbt',
    from: 'file',
    train: join(folder, 'train.parquet'),
    test: join(folder, 'test.parquet'),
    label: 'label',
    objective: 'binary',
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
  contestants: [coppice, lightgbm, xgboost, histGradientBoosting],
};
