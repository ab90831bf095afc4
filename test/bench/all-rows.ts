/** Every row, in the order of the table. */
import type { BenchRow } from './row.ts';
import { forestNumeric } from './rows/forest-numeric.ts';
import { gbtAdult } from './rows/gbt-adult.ts';
import { gbtAirline } from './rows/gbt-airline.ts';
import { gbtLetter, gbtMnist } from './rows/gbt-multiclass.ts';
import { gbtNumericBinned } from './rows/gbt-numeric-binned.ts';
import { gbtNumericFile } from './rows/gbt-numeric-file.ts';
import { gbtWide } from './rows/gbt-wide.ts';
import { loadModel } from './rows/load-model.ts';
import { oneRow } from './rows/one-row.ts';
import { predictNumeric } from './rows/predict-numeric.ts';
import { smallFit } from './rows/small-fit.ts';
import { sparkGbt } from './rows/spark-gbt.ts';

/** The rows. */
export const allRows: readonly BenchRow[] = [
  gbtNumericBinned,
  gbtNumericFile,
  gbtAirline,
  gbtLetter,
  gbtMnist,
  gbtWide,
  gbtAdult,
  forestNumeric,
  sparkGbt,
  predictNumeric,
  oneRow,
  loadModel,
  smallFit,
];
