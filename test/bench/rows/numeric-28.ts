/** The seeded set of 1,000,000 × 28 float32, at the settings of docs/performance.md. */
import { join } from 'node:path';
import type { BenchTask, EqualSettings } from '../row.ts';
import { setUpDataset } from '../setup.ts';

/** 100 trees of 255 leaves. */
export const largeTrees: EqualSettings = {
  rounds: 100,
  leaves: 255,
  bins: 255,
  rate: 0.1,
  lambda: 1,
  minRows: 1,
  minHessian: 1e-3,
};

/** The data of the set. */
export function numeric28(
  rows?: number,
): Pick<BenchTask, 'train' | 'test' | 'label' | 'objective' | 'categories' | 'ignored'> {
  const folder = setUpDataset('numeric-28', rows);
  return {
    train: join(folder, 'train.parquet'),
    test: join(folder, 'test.parquet'),
    label: 'label',
    objective: 'binary',
    categories: [],
    ignored: [],
  };
}
