/** The whole way: from the Parquet file to the saved model. */
import {
  catboost,
  coppice,
  histGradientBoosting,
  lightgbmFromFile,
  xgboost,
} from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { largeTrees, numeric28 } from './numeric-28.ts';

export const gbtNumericFile: BenchRow = {
  name: 'gbt-numeric-file',
  title: 'the same from the Parquet file to the saved model',
  bar: 2.5,
  stretch: 4,
  metric: 'auc',
  prepare: () => null,
  task: () => ({ work: 'gbt', from: 'file', settings: largeTrees, ...numeric28() }),
  contestants: [coppice, lightgbmFromFile, xgboost, histGradientBoosting, catboost],
};
