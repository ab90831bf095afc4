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

/** LightGBM's trees as an ONNX graph. */
export const onnxPredict: Contestant = {
  name: 'ONNX Runtime',
  program: 'onnx_peer.py',
  trainer: 'lightgbm_peer.py',
  variants: [{ name: 'trees of LightGBM', environment: passive }],
};

/** Reported only: both compile the trees with a C compiler, or LLVM, ahead of time. */
export const treelitePredict: Contestant = {
  name: 'treelite',
  program: 'treelite_peer.py',
  trainer: 'lightgbm_peer.py',
  variants: [{ name: 'trees of LightGBM, general library' }],
  notCounted: 'reported only',
};

export const lleavesPredict: Contestant = {
  name: 'lleaves',
  program: 'lleaves_peer.py',
  trainer: 'lightgbm_peer.py',
  variants: [{ name: 'compiled before the clock starts' }],
  notCounted: 'reported only; its compilation of the model is not timed',
};

/** One row a call; the fast call goes to the C library past the Python classes. */
export const lightgbmRow: Contestant = {
  name: 'LightGBM',
  program: 'lightgbm_row.py',
  trainer: 'lightgbm_peer.py',
  variants: [{ name: 'fast call of the C library', extra: { call: 'fast' } }, { name: 'predict' }],
};

export const xgboostRow: Contestant = {
  name: 'XGBoost',
  program: 'xgboost_peer.py',
  variants: [{ name: 'in place, one thread', environment: { OMP_NUM_THREADS: '1' } }],
};

/** Packages that a library only takes when they are there cost start-up time. */
const coldVariants: readonly Variant[] = [
  { name: 'without pandas and scikit-learn', extra: { lean: true }, environment: passive },
  { name: 'as installed', environment: passive },
];

export const coppiceCold: Contestant = {
  name: 'Coppice',
  program: 'cold.mjs',
  trainer: 'coppice.mjs',
  variants: [{ name: 'default' }],
};

export const lightgbmCold: Contestant = {
  name: 'LightGBM',
  program: 'lightgbm_cold.py',
  trainer: 'lightgbm_peer.py',
  variants: coldVariants,
};

export const xgboostCold: Contestant = {
  name: 'XGBoost',
  program: 'xgboost_cold.py',
  trainer: 'xgboost_peer.py',
  variants: coldVariants,
};

function alsoFromArrow(variant: Variant): Variant[] {
  if (variant.environment === undefined || variant.name.includes('quantised')) return [variant];
  const extra = { ...variant.extra, input: 'arrow' };
  return [variant, { ...variant, name: `${variant.name}, from Arrow`, extra }];
}
