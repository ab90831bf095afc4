/** Boosting against Spark MLlib, on 200,000 rows: 20 rounds, compared by the tree. */
import { coppice, spark } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { numeric28 } from './numeric-28.ts';

export const sparkGbt: BenchRow = {
  name: 'spark-gbt',
  title: 'GBT fit, 200k × 28, 100 trees of depth 8, from the file, against Spark',
  bar: 20,
  stretch: 50,
  metric: 'auc',
  prepare: () => null,
  task: () => ({
    work: 'gbt',
    from: 'file',
    settings: { rounds: 100, depth: 8, bins: 255, rate: 0.1, lambda: 0, minRows: 1, minHessian: 0 },
    ...numeric28(200_000),
  }),
  contestants: [coppice, spark],
};
