/** A fresh process fits 100 trees on 1,000 rows of 10 columns that lie in memory. */
import { join } from 'node:path';
import { benchHome } from '../bench-home.ts';
import { coppiceCold, lightgbmCold, xgboostCold } from '../peer-contestants.ts';
import type { BenchRow } from '../row.ts';
import { setUpRawColumns } from '../setup.ts';
import { largeTrees, numeric28 } from './numeric-28.ts';

const rows = 1000;
const columns = 10;
const file = join(benchHome, 'raw', `numeric-${rows}-${columns}.f64`);

export const smallFit: BenchRow = {
  name: 'small-fit',
  title: 'a fresh process fits 100 × 31 leaves on 1,000 rows × 10',
  bar: 1,
  stretch: 3,
  metric: 'auc',
  prepare: () => {
    setUpRawColumns({ from: numeric28(200_000).train, rows, columns, to: file });
    return null;
  },
  task: () => ({
    work: 'small-fit',
    from: 'process',
    settings: { ...largeTrees, leaves: 31, minRows: 20 },
    ...numeric28(200_000),
    raw: { file, rows },
  }),
  contestants: [coppiceCold, lightgbmCold, xgboostCold],
};
