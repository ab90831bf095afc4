/** A random forest on 200,000 rows of the seeded set; Spark takes part here. */
import { coppice, lightgbmForest, sklearnForest, spark, xgboost } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { numeric28 } from './numeric-28.ts';

export const forestNumeric: BenchRow = {
  name: 'forest-numeric',
  title: 'RF fit, 200k × 28, 100 trees of depth 12, sqrt columns, from the file',
  bar: 3,
  stretch: 8,
  metric: 'auc',
  prepare: () => null,
  task: () => ({
    work: 'forest',
    from: 'file',
    settings: { rounds: 100, depth: 12, bins: 255, minRows: 1 },
    ...numeric28(200_000),
  }),
  contestants: [coppice, xgboost, lightgbmForest, sklearnForest, spark],
};
