/** A fresh process loads 500 trees of 255 leaves and predicts one row. */
import { coppiceCold, lightgbmCold, xgboostCold } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { largeTrees, numeric28 } from './numeric-28.ts';

export const loadModel: BenchRow = {
  name: 'load-model',
  title: 'a fresh process loads a model of 500 × 255 leaves and predicts one row',
  bar: 1,
  stretch: 3,
  metric: 'auc',
  prepare: () => null,
  task: () => ({
    work: 'load',
    from: 'process',
    settings: { ...largeTrees, rounds: 500 },
    ...numeric28(200_000),
  }),
  contestants: [coppiceCold, lightgbmCold, xgboostCold],
};
