/**
 * Scores of the peers with their own defaults on the test parts of ../shared/data, measured once: LightGBM
 * 4.7.0, XGBoost 3.2.0 (hist), scikit-learn 1.9.1 (HistGradientBoosting; RandomForest of 100 trees), CatBoost
 * 1.2.10 (1,000 trees). String columns are native categories (ordinal codes for scikit-learn's forest),
 * nulls are missing (−999 for the forest).
 */

/** One set's task and scores; null where it was not run. */
export interface PeerScores {
  readonly set: string;
  readonly label: string;
  readonly testRows: number;
  readonly metric: 'auc' | 'logLoss' | 'rmse';
  readonly lightgbm: number;
  readonly xgboost: number;
  readonly histGradientBoosting: number;
  readonly catboost: number | null;
  readonly sklearnForest: number | null;
}

type Line = readonly [
  set: string,
  label: string,
  testRows: number,
  metric: PeerScores['metric'],
  lightgbm: number,
  xgboost: number,
  histGradientBoosting: number,
  catboost: number | null,
  sklearnForest: number | null,
];

const lines: readonly Line[] = [
  ['abalone', 'rings', 835, 'rmse', 2.1129, 2.2063, 2.1282, 2.0627, 2.1287],
  ['adult', 'income', 16281, 'auc', 0.92742, 0.925, 0.92672, null, 0.90409],
  ['airline', 'dep_delayed_15min', 200000, 'auc', 0.72663, 0.74021, 0.72734, null, null],
  ['ames_housing', 'Sale_Price', 586, 'rmse', 27295, 27692, 26859, 24957, 31195],
  ['beijing_air', 'PM2_5', 82406, 'rmse', 19.762, 17.584, 19.98, null, null],
  ['bike_sharing', 'cnt', 3476, 'rmse', 38.379, 37.907, 38.359, 36.146, 41.087],
  ['breast_cancer_wisconsin', 'malignant', 140, 'auc', 0.98929, 0.98864, 0.99082, 0.99191, 0.98175],
  ['california_housing', 'medianHouseValue', 4128, 'rmse', 46782, 46481, 47444, 44959, 48772],
  ['covtype20k', 'Cover_Type', 4000, 'logLoss', 0.30566, 0.30894, 0.30417, 0.31887, 0.36065],
  ['diamonds', 'price', 10788, 'rmse', 544.21, 553.82, 544.93, 526.28, 551.76],
  ['elec2', 'class', 9063, 'auc', 0.8793, 0.86602, 0.85913, 0.85893, 0.85722],
  ['freMTPL2freq', 'ClaimNb', 135603, 'rmse', 0.23369, 0.23471, 0.23399, null, null],
  ['german_credit', 'bad_credit', 200, 'auc', 0.78991, 0.78239, 0.78626, 0.77453, 0.80822],
  ['letter', 'target', 4000, 'logLoss', 0.11187, 0.11863, 0.11384, 0.12507, 0.28177],
  ['lgb_higgs7k', 'signal', 500, 'auc', 0.83209, 0.81469, 0.82845, 0.8408, 0.8059],
  ['lgb_multiclass', 'label', 500, 'logLoss', 1.1273, 1.3013, 1.0888, 1.0064, 1.3941],
  ['mnist10k', 'digit', 2000, 'logLoss', 0.1498, 0.145, 0.14125, null, 0.38354],
  ['nycflights13', 'arr_delayed_15min', 65469, 'auc', 0.78071, 0.78889, 0.78017, null, null],
  ['titanic', 'survived', 178, 'auc', 0.8578, 0.85029, 0.84097, null, 0.86136],
  ['wine_quality', 'quality', 1299, 'rmse', 0.64763, 0.63955, 0.6511, 0.63539, 0.60774],
];

/** All sets, by name. */
export const peerScores: readonly PeerScores[] = lines.map(
  ([
    set,
    label,
    testRows,
    metric,
    lightgbm,
    xgboost,
    histGradientBoosting,
    catboost,
    sklearnForest,
  ]) => ({
    set,
    label,
    testRows,
    metric,
    lightgbm,
    xgboost,
    histGradientBoosting,
    catboost,
    sklearnForest,
  }),
);
