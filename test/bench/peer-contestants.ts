/** The contestants that rows choose from, with every configuration that may be a peer's best one. */
import type { Contestant, Variant } from './row.ts';

/** Waiting OpenMP threads sleep; on shared cores spinning hurts the peers badly. */
const passive = { OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0' };

export const coppice: Contestant = {
  name: 'Coppice',
  program: 'coppice.mjs',
  variants: [{ name: 'default' }],
};

/** LightGBM's ways of building trees: by rows or columns, plain or quantised, sleeping or spinning. */
export const lightgbm: Contestant = {
  name: 'LightGBM',
  program: 'lightgbm_peer.py',
  variants: [
    { name: 'rows', extra: { force_row_wise: true }, environment: passive },
    { name: 'columns', extra: { force_col_wise: true }, environment: passive },
    { name: 'rows, spinning', extra: { force_row_wise: true } },
    {
      name: 'rows, quantised',
      extra: { force_row_wise: true, use_quantized_grad: true },
      environment: passive,
    },
    {
      name: 'columns, quantised',
      extra: { force_col_wise: true, use_quantized_grad: true },
      environment: passive,
    },
  ],
};

/** The same from an Arrow table, for rows whose clock runs from the file. */
export const lightgbmFromFile: Contestant = {
  ...lightgbm,
  variants: lightgbm.variants.flatMap(alsoFromArrow),
};

/** LightGBM on categories, which only come in through a data frame. */
export const lightgbmCategories: Contestant = {
  ...lightgbm,
  variants: lightgbm.variants.filter(({ name }) => !name.includes('quantised')),
};

export const lightgbmForest: Contestant = {
  ...lightgbm,
  variants: lightgbm.variants.filter(({ name }) => !name.includes('quantised')),
};

export const xgboost: Contestant = {
  name: 'XGBoost',
  program: 'xgboost_peer.py',
  variants: [{ name: 'passive', environment: passive }, { name: 'spinning' }],
};

export const histGradientBoosting: Contestant = {
  name: 'HistGradientBoosting',
  program: 'sklearn_peer.py',
  variants: [{ name: 'passive', environment: passive }, { name: 'spinning' }],
};

export const sklearnForest: Contestant = {
  name: 'scikit-learn',
  program: 'sklearn_peer.py',
  variants: [{ name: 'passive', environment: passive }],
};

export const catboost: Contestant = {
  name: 'CatBoost',
  program: 'catboost_peer.py',
  variants: [{ name: 'plain' }],
  notCounted: 'no least hessian, at most 16 levels, another growth order',
};

/** Spark runs once, with a fifth of the trees, and is compared by the tree. */
export const spark: Contestant = {
  name: 'Spark MLlib',
  program: 'spark_peer.py',
  variants: [{ name: 'one process' }],
  onceRounds: 20,
};

export const lightgbmPredict: Contestant = {
  name: 'LightGBM',
  program: 'lightgbm_peer.py',
  variants: [
    { name: 'from a matrix', environment: passive },
    { name: 'from Arrow', extra: { input: 'arrow' }, environment: passive },
    { name: 'from a matrix, spinning' },
  ],
};

export const xgboostPredict: Contestant = {
  name: 'XGBoost',
  program: 'xgboost_peer.py',
  variants: [
    { name: 'in place', environment: passive },
    { name: 'DMatrix', extra: { input: 'matrix' }, environment: passive },
    { name: 'in place, spinning' },
  ],
};

function alsoFromArrow(variant: Variant): Variant[] {
  if (variant.environment === undefined || variant.name.includes('quantised')) return [variant];
  const extra = { ...variant.extra, input: 'arrow' };
  return [variant, { ...variant, name: `${variant.name}, from Arrow`, extra }];
}
