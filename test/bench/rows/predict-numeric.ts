/** Batch prediction: 1,000,000 rows through 100 trees of 255 leaves, from Arrow columns in memory. */
import {
  coppice,
  lightgbmPredict,
  lleavesPredict,
  onnxPredict,
  treelitePredict,
  xgboostPredict,
} from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { largeTrees, numeric28 } from './numeric-28.ts';

export const predictNumeric: BenchRow = {
  name: 'predict-numeric',
  title: 'batch prediction, 1M rows × 100 trees × 255 leaves, from Arrow columns',
  bar: 2,
  stretch: 4,
  metric: 'auc',
  prepare: () => null,
  task: () => {
    const data = numeric28();
    return { work: 'predict', from: 'columns', settings: largeTrees, ...data, test: data.train };
  },
  contestants: [
    coppice,
    lightgbmPredict,
    xgboostPredict,
    onnxPredict,
    treelitePredict,
    lleavesPredict,
  ],
};
