/** One row at a time in a warm process: the time of the middle call. */
import { coppice, lightgbmRow, onnxPredict, xgboostRow } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { largeTrees, numeric28 } from './numeric-28.ts';

export const oneRow: BenchRow = {
  name: 'one-row',
  title: 'one row at a time, 100 trees × 255 leaves × 28, warm, median of the calls',
  bar: 1,
  stretch: 3,
  unit: 'microseconds',
  metric: 'auc',
  prepare: () => null,
  task: () => ({ work: 'row', from: 'columns', settings: largeTrees, ...numeric28(200_000) }),
  contestants: [coppice, lightgbmRow, xgboostRow, onnxPredict],
};
