/** Boosting alone: the clock starts when the data is binned. */
import { coppice, histGradientBoosting, lightgbm, xgboost } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { largeTrees, numeric28 } from './numeric-28.ts';

export const gbtNumericBinned: BenchRow = {
  name: 'gbt-numeric-binned',
  title: 'GBT fit, 1M × 28, 100 trees × 255 leaves, from binned data',
  bar: 2.5,
  stretch: 4,
  metric: 'auc',
  prepare: () => null,
  task: () => ({ work: 'gbt', from: 'binned', settings: largeTrees, ...numeric28() }),
  contestants: [
    coppice,
    lightgbm,
    xgboost,
    {
      ...histGradientBoosting,
      notCounted: 'binning cannot be timed apart: it is in its time',
    },
  ],
};
