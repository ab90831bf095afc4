/** From the JSON of a CatBoost model to what it says: trees, features, objective. */
import type { ClassValue } from '../../training/messages.ts';
import {
  type CatBoostFeature,
  type CatBoostFeatures,
  readNestedTree,
  readObliviousTree,
} from './catboost-trees.ts';
import type { ForeignHints, ForeignModel, ForeignObjective } from './foreign-model.ts';
import type { ForeignFeature } from './foreign-trees.ts';
import { countAt, type Fields, listAt, numberAt, numbersAt, objectAt } from './json-fields.ts';
import type { ModelFile } from './model-file.ts';

/** Reads a model. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED` */
export function readCatBoost(
  file: ModelFile,
  bytes: Uint8Array,
  hints: ForeignHints,
): ForeignModel {
  const whole = fieldsOf(file, bytes);
  const info = whole['model_info'] === undefined ? {} : objectAt(file, whole, 'model_info');
  const [scale, ...bias] = scaleAndBias(file, whole);
  const numScores = bias.length;
  const objective = objectiveOf(file, hints.objective ?? lossOf(info), numScores);
  const { features, byIndex } = featuresOf(file, objectAt(file, whole, 'features_info'), hints);
  const isNested = whole['oblivious_trees'] === undefined;
  const found = listAt(file, whole, isNested ? 'trees' : 'oblivious_trees');
  const read = isNested ? readNestedTree : readObliviousTree;
  const trees = found.flatMap((tree, t) => {
    const part = file.part(`tree ${t}`);
    return read(part, objectAt(part, { tree }, 'tree'), byIndex, numScores);
  });
  const classes = objective.task === 'classification' ? classesOf(file, info) : undefined;
  return {
    source: `CatBoost ${versionOf(info)}`.trim(),
    objective: { ...objective, factor: scale },
    features,
    trees,
    numScores,
    treesPerRound: 1,
    baseScores: bias,
    isAveraged: false,
    bestRounds: null,
    params: {},
    ...(classes === undefined ? {} : { classes }),
  };
}

function fieldsOf(file: ModelFile, bytes: Uint8Array): Fields {
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith('CBM1')) {
    throw file.unsupported(
      'is in the binary format of CatBoost',
      "save it as JSON: model.save_model(path, format='json', pool=pool)",
    );
  }
  try {
    return objectAt(file, { model: JSON.parse(text) as unknown }, 'model');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw file.malformed(`is no JSON as save_model writes it (${error.message.slice(0, 200)})`);
  }
}

/** What sums are multiplied by, and what is added to each score then. */
function scaleAndBias(file: ModelFile, whole: Fields): [number, ...number[]] {
  const [scale, bias] = listAt(file, whole, 'scale_and_bias');
  const own = { scale: [scale], bias: Array.isArray(bias) ? bias : [bias] };
  const [factor = 1] = numbersAt(file, own, 'scale', 1);
  const added = numbersAt(file, own, 'bias');
  if (added.length > 0 && [factor, ...added].every(Number.isFinite)) return [factor, ...added];
  throw file.malformed('has no scale and bias');
}

function versionOf({ catboost_version_info: text }: Fields): string {
  return (
    /CatBoost release ([\d.]+\d)|tags\/v([\d.]+\d)/.exec(String(text))?.slice(1).find(Boolean) ?? ''
  );
}

/** The loss with its parameters, as CatBoost writes it: `Quantile:alpha=0.3`. */
function lossOf(info: Fields): string {
  const { loss_function: loss } = (info['params'] ?? {}) as { readonly loss_function?: Fields };
  const params = Object.entries((loss?.['params'] ?? {}) as Record<string, unknown>);
  const name = String(loss?.['type'] ?? 'a loss that the file does not tell');
  if (params.length === 0) return name;
  return `${name}:${params.map(([key, value]) => `${key}=${String(value)}`).join(';')}`;
}

type Meaning = Omit<ForeignObjective, 'factor'>;

/** Losses of ours with the same meaning of scores, and the parameter that is one of theirs. */
const regressions: Readonly<Record<string, readonly [loss: string, param?: string, of?: string]>> =
  {
    RMSE: ['squared'],
    MultiRMSE: ['squared'],
    MAE: ['absolute'],
    MAPE: ['mape'],
    LogCosh: ['logCosh'],
    Huber: ['huber', 'huberDelta', 'delta'],
    Quantile: ['quantile', 'quantileLevel', 'alpha'],
    Expectile: ['expectile', 'expectileLevel', 'alpha'],
    Poisson: ['poisson'],
    Tweedie: ['tweedie', 'tweediePower', 'variance_power'],
    CrossEntropy: ['crossEntropy'],
  };

const rankings = [
  ...['QueryRMSE', 'QuerySoftMax', 'YetiRank', 'YetiRankPairwise', 'PairLogit'],
  ...['PairLogitPairwise', 'LambdaMart', 'StochasticRank', 'StochasticFilter'],
];

function objectiveOf(file: ModelFile, text: string, numScores: number): Meaning {
  const [name = '', rest = ''] = text.split(':', 2);
  const isOne = numScores === 1;
  if ((name === 'Logloss' && isOne) || name === 'MultiClass')
    return { task: 'classification', params: {} };
  if (name === 'MultiClassOneVsAll')
    return { task: 'classification', params: { lossType: 'oneVsAll' } };
  if (rankings.includes(name) && isOne) return { task: 'ranking', params: {} };
  const known = regressions[name];
  if (known !== undefined && (isOne || name === 'MultiRMSE')) {
    const [lossType, param, key] = known;
    const given = rest.split(';').map((word) => word.split('='));
    const value = Number(given.find(([own]) => own === key)?.[1] ?? Number.NaN);
    const more = param !== undefined && Number.isFinite(value) ? { [param]: value } : {};
    return { task: 'regression', params: { lossType, ...more } };
  }
  const all = [
    'Logloss',
    'MultiClass',
    'MultiClassOneVsAll',
    ...Object.keys(regressions),
    ...rankings,
  ].join(', ');
  throw file.unsupported(
    `minimises ${text}${isOne ? '' : ` with ${numScores} scores`}, which has no counterpart`,
    `say what its scores mean by the option objective, where it is one of ${all}`,
  );
}

function classesOf(file: ModelFile, info: Fields): readonly ClassValue[] | undefined {
  if (info['class_params'] === undefined) return undefined;
  const names = listAt(file, objectAt(file, info, 'class_params'), 'class_names');
  const isClass = (value: unknown): value is ClassValue =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (names.every(isClass)) return names;
  throw file.malformed('has classes that are no texts, numbers or booleans');
}

/** All features in the order of the rows, and those that splits name by their numbers among their kind. */
function featuresOf(
  file: ModelFile,
  info: Fields,
  hints: ForeignHints,
): { readonly features: ForeignFeature[]; readonly byIndex: CatBoostFeatures } {
  for (const kind of ['text_features', 'embedding_features']) {
    if (!Array.isArray(info[kind]) || info[kind].length === 0) continue;
    const what = kind.replace('_features', '');
    throw file.unsupported(`reads ${what} features`, 'train it on numbers and categories');
  }
  const named = namesOfHashes(file, info);
  const found = new Map<number, ForeignFeature>();
  const numbers = new Map<number, CatBoostFeature>();
  const categories = new Map<number, CatBoostFeature>();
  const add = (fields: Fields, feature: Omit<ForeignFeature, 'name'>): number => {
    const place = countAt(file, fields, 'flat_feature_index');
    if (found.has(place)) throw file.malformed(`has two features ${place}`);
    found.set(place, { name: nameOf(fields), ...feature });
    return place;
  };
  const plain = { zeroIsMissing: false, codes: [] };
  for (const fields of featuresAt(file, info, 'float_features')) {
    const place = add(fields, { ...plain, kind: 'numeric', values: null });
    const missingIsLarge = fields['nan_value_treatment'] === 'AsTrue';
    numbers.set(countAt(file, fields, 'feature_index'), { place, codeOf: null, missingIsLarge });
  }
  for (const fields of featuresAt(file, info, 'categorical_features')) {
    const hashes = fields['values'] === undefined ? [] : numbersAt(file, fields, 'values');
    const codeOf = new Map(hashes.map((hash, code) => [hash >>> 0, code]));
    const values = hashes.map((hash) => {
      const name = named.get(hash >>> 0);
      if (name !== undefined) return name;
      throw file.unsupported(
        'does not name its categories',
        "save it with the data: model.save_model(path, format='json', pool=pool)",
      );
    });
    const name = nameOf(fields);
    const place = add(fields, {
      ...{ ...plain, kind: 'category', isText: true },
      // of a feature that no split reads the file tells no categories
      values:
        values.length === 0
          ? (hints.categories[name] ?? [])
          : asGiven(values, hints.categories[name]),
    });
    const index = countAt(file, fields, 'feature_index');
    categories.set(index, { place, codeOf, missingIsLarge: false });
  }
  const features = Array.from({ length: found.size }, (_, place) => found.get(place));
  if (!features.every((feature) => feature !== undefined))
    throw file.malformed('has features with gaps between their numbers');
  return { features: features as ForeignFeature[], byIndex: { numbers, categories } };
}

function nameOf({ feature_name: own, feature_id: id, flat_feature_index: place }: Fields): string {
  return String(own || id || place);
}

function featuresAt(file: ModelFile, info: Fields, name: string): Fields[] {
  const list = info[name] === undefined || info[name] === null ? [] : listAt(file, info, name);
  return list.map((feature) => objectAt(file, { [name]: feature }, name));
}

function namesOfHashes(file: ModelFile, info: Fields): Map<number, string> {
  return new Map(
    featuresAt(file, info, 'cat_features_hash').map((fields) => [
      numberAt(file, fields, 'hash') >>> 0,
      String(fields['value']),
    ]),
  );
}

/** CatBoost keeps categories as texts: those that a caller names, or numbers where all are whole numbers. */
function asGiven(
  values: readonly string[],
  given: ForeignHints['categories'][string] | undefined,
): ForeignFeature['values'] {
  if (given !== undefined)
    return values.map((name) => given.find((value) => String(value) === name) ?? name);
  const areWhole = values.every((value) => /^(0|-?[1-9]\d{0,14})$/.test(value));
  return areWhole ? values.map(Number) : values;
}
