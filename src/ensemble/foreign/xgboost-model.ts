/** From the JSON or UBJSON of an XGBoost model to what it says: trees, features, objective. */
import { log } from '../../base/portable-math.ts';
import type { ForeignHints, ForeignModel } from './foreign-model.ts';
import type { ForeignFeature, ForeignTree } from './foreign-trees.ts';
import {
  countAt,
  type Fields,
  integersAt,
  listAt,
  numberAt,
  numbersAt,
  objectAt,
} from './json-fields.ts';
import type { ModelFile } from './model-file.ts';
import { readUbjson, UbjsonError } from './read-ubjson.ts';
import { categoriesOf, readXGBoostTree } from './xgboost-trees.ts';

/** Reads a model. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED` */
export function readXGBoost(file: ModelFile, bytes: Uint8Array, hints: ForeignHints): ForeignModel {
  const whole = fieldsOf(file, bytes);
  const learner = objectAt(file, whole, 'learner');
  if (learner['generic_param'] !== undefined)
    throw file.unsupported(
      'is a configuration (save_config) without trees',
      'save it by save_model',
    );
  const { model, weights } = boosterOf(file, objectAt(file, learner, 'gradient_booster'));
  const shape = objectAt(file, learner, 'learner_model_param');
  const numTargets = countAt(file, shape, 'num_target', 1);
  const numScores = Math.max(1, countAt(file, shape, 'num_class', 0), numTargets);
  const treeParams = objectAt(file, model, 'gbtree_model_param');
  const groups = [...integersAt(file, model, 'tree_info')];
  const found = listAt(file, model, 'trees');
  if (found.length !== countAt(file, treeParams, 'num_trees') || groups.length !== found.length)
    throw file.malformed(`has ${found.length} trees, and tells of ${treeParams['num_trees']}`);
  const parallel = countAt(file, treeParams, 'num_parallel_tree', 1);
  const perRound = found.length === 0 ? 1 : Math.max(1, parallel);
  const trees = found.map((tree, t) => {
    const part = file.part(`tree ${t}`);
    return readXGBoostTree(part, objectAt(part, { tree }, 'tree'), weights?.[t] ?? 1);
  });
  // a model without rounds says what it begins with, as one leaf does that is 0
  const leaf = {
    feature: -1,
    threshold: 0,
    left: -1,
    right: -1,
    missingGoesLeft: false,
    codes: null,
  };
  const none = { ...leaf, othersGoLeft: false, gain: 0, cover: 0, rows: 0, value: 0 };
  for (let k = 0; found.length === 0 && k < Math.min(numScores, 1000); k++) {
    trees.push({ root: 0, nodes: [none] });
    groups.push(k);
  }
  // so that a file of few bytes takes little room
  if (numScores > trees.length)
    throw file.malformed(`has ${trees.length} trees for ${numScores} scores`);
  const meaning = meaningOf(file, hints.objective ?? nameOf(file, learner), {
    learner,
    numTargets,
  });
  return {
    source: `XGBoost ${versionOf(whole)}`.trim(),
    objective: { ...meaning, factor: 1 },
    features: featuresOf(file, learner, { model, trees, hints }),
    trees: inTurns(file, trees, groups, numScores),
    numScores,
    treesPerRound: perRound,
    baseScores: baseScoresOf(file, shape, numScores, meaning.margin),
    isAveraged: false,
    bestRounds: bestRoundsOf(learner),
    params: {},
  };
}

function fieldsOf(file: ModelFile, bytes: Uint8Array): Fields {
  let whole: unknown;
  try {
    // an object of JSON goes on with a quote or space, one of UBJSON with the type of a length
    const isJson = bytes[0] !== 0x7b || [0x22, 0x20, 0x0a, 0x0d, 0x09].includes(bytes[1] ?? 0);
    whole = isJson ? parsedJson(new TextDecoder().decode(bytes)) : readUbjson(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof UbjsonError)) throw error;
    throw file.malformed(
      `is neither JSON nor UBJSON as save_model writes it (${error.message.slice(0, 200)})`,
    );
  }
  // dump_model of XGBoost makes a list, and that of LightGBM an object with other names
  if (Array.isArray(whole) || (whole as Fields | null)?.['tree_info'] !== undefined) {
    throw file.unsupported(
      'is what dump_model of XGBoost or LightGBM writes for people, without all that a prediction needs',
      'save it by save_model',
    );
  }
  return objectAt(file, { model: whole }, 'model');
}

/** JSON, also with the NaN and the infinities that XGBoost writes: texts and a number too large for a double. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const plain = text.replace(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|NaN|Infinity/g, (word) =>
      word === 'NaN' ? '"NaN"' : word === 'Infinity' ? '1e999' : word,
    );
    if (plain === text) throw error;
    return JSON.parse(plain);
  }
}

function versionOf(whole: Fields): string {
  const { version } = whole;
  return Array.isArray(version) ? version.map(String).join('.') : '';
}

/** The trees' part, and for dart what each tree counts. */
function boosterOf(
  file: ModelFile,
  booster: Fields,
): { readonly model: Fields; readonly weights: readonly number[] | null } {
  const { name } = booster;
  if (name === 'gbtree') return { model: objectAt(file, booster, 'model'), weights: null };
  if (name === 'dart') {
    const model = objectAt(file, objectAt(file, booster, 'gbtree'), 'model');
    const weights = numbersAt(file, booster, 'weight_drop', listAt(file, model, 'trees').length);
    return { model, weights: weights.map(Math.fround) };
  }
  if (name === 'gblinear') {
    throw file.unsupported(
      'is linear (gblinear) and has no trees',
      'fit LinearRegression or LogisticRegression here',
    );
  }
  throw file.malformed(`has a booster ${JSON.stringify(name)}`);
}

/** The trees so that scores take turns; the file may have several of one score behind one another. */
function inTurns(
  file: ModelFile,
  trees: readonly ForeignTree[],
  groups: readonly number[],
  numScores: number,
): ForeignTree[] {
  const ofScore = Array.from({ length: numScores }, (): ForeignTree[] => []);
  trees.forEach((tree, t) => {
    const own = ofScore[groups[t] as number];
    if (own === undefined) throw file.malformed(`has a tree ${t} of class ${groups[t]}`);
    own.push(tree);
  });
  const rounds = ofScore[0]?.length ?? 0;
  if (ofScore.some((own) => own.length !== rounds))
    throw file.malformed('has more trees of some classes than of others');
  return Array.from({ length: rounds }, (_, round) =>
    ofScore.map((own) => own[round] as ForeignTree),
  ).flat();
}

type Margin = 'same' | 'logit' | 'log';

interface Meaning {
  readonly task: 'classification' | 'regression' | 'ranking';
  readonly params: Readonly<Record<string, unknown>>;
  /** From base_score to a score. */
  readonly margin: Margin;
}

/** They have our names. */
const aftDistributions: readonly string[] = ['normal', 'logistic', 'extreme'];

/** Losses of ours with the same meaning of scores. */
const regressions: Readonly<Record<string, readonly [lossType: string, margin: Margin]>> = {
  'reg:squarederror': ['squared', 'same'],
  'reg:linear': ['squared', 'same'],
  // there the prediction is the score; here squaredLogError's is e^score − 1
  'reg:squaredlogerror': ['squared', 'same'],
  'reg:absoluteerror': ['absolute', 'same'],
  'reg:pseudohubererror': ['pseudoHuber', 'same'],
  'reg:quantileerror': ['quantile', 'same'],
  'reg:expectileerror': ['expectile', 'same'],
  'reg:logistic': ['crossEntropy', 'logit'],
  'reg:gamma': ['gamma', 'log'],
  'reg:tweedie': ['tweedie', 'log'],
  'count:poisson': ['poisson', 'log'],
  'survival:cox': ['cox', 'log'],
  'survival:aft': ['aft', 'log'],
};

/** Those whose base_score is a score. */
const classifications = ['binary:logitraw', 'binary:hinge', 'multi:softmax', 'multi:softprob'];

const rankings: readonly string[] = ['rank:ndcg', 'rank:map', 'rank:pairwise'];

function nameOf(file: ModelFile, learner: Fields): string {
  const { name } = objectAt(file, learner, 'objective');
  return String(name);
}

function meaningOf(
  file: ModelFile,
  name: string,
  { learner, numTargets }: { readonly learner: Fields; readonly numTargets: number },
): Meaning {
  const isOneTarget = numTargets === 1;
  if (isOneTarget && name === 'binary:logistic')
    return { task: 'classification', params: {}, margin: 'logit' };
  if (isOneTarget && classifications.includes(name))
    return { task: 'classification', params: {}, margin: 'same' };
  if (isOneTarget && rankings.includes(name))
    return { task: 'ranking', params: {}, margin: 'same' };
  const known = regressions[name];
  const hasLevels = /(?:quantile|expectile)error$/.test(name);
  if (known !== undefined && (isOneTarget || !hasLevels)) {
    const [lossType, margin] = known;
    const params = { lossType, ...lossParams(learner, lossType) };
    return { task: 'regression', params, margin };
  }
  if (known !== undefined) {
    throw file.unsupported(
      'predicts several quantiles or expectiles, whose scores mean something else there than here',
      'train one model a level, or fit with quantileAlphas here',
    );
  }
  if (name === 'binary:logistic') {
    throw file.unsupported(
      `has ${numTargets} labels of two classes`,
      'read it with the option objective "reg:logistic", whose predictions are their probabilities',
    );
  }
  const all = ['binary:logistic', 'multi:softprob', 'rank:ndcg', ...Object.keys(regressions)];
  throw file.unsupported(
    `minimises ${name}${isOneTarget ? '' : ` with ${numTargets} targets`}, which has no counterpart`,
    `say what its scores mean by the option objective, such as one of ${all.join(', ')}`,
  );
}

/** Parameters of a loss that we know as well. */
function lossParams(learner: Fields, lossType: string): Record<string, number | string> {
  const objective = (learner['objective'] ?? {}) as Record<string, Fields | undefined>;
  const found = (param: string, group: string, key: string): Record<string, number> => {
    const given = String(objective[group]?.[key] ?? '');
    const value = Number(/^\[?([^,\]]+)/.exec(given)?.[1] ?? Number.NaN);
    return value > 0 ? { [param]: value } : {};
  };
  if (lossType === 'pseudoHuber') return found('huberDelta', 'pseudo_huber_param', 'huber_slope');
  if (lossType === 'quantile')
    return found('quantileLevel', 'quantile_loss_param', 'quantile_alpha');
  if (lossType === 'aft') {
    const distribution = String(objective['aft_loss_param']?.['aft_loss_distribution'] ?? '');
    const scale = found('aftScale', 'aft_loss_param', 'aft_loss_distribution_scale');
    return aftDistributions.includes(distribution)
      ? { aftDistribution: distribution, ...scale }
      : scale;
  }
  if (lossType !== 'tweedie') return {};
  const power = found('tweediePower', 'tweedie_regression_param', 'tweedie_variance_power');
  const { tweediePower = 0 } = power;
  return tweediePower > 1 && tweediePower < 2 ? power : {};
}

/** One number for all scores, or a list of them in brackets; XGBoost computes in float32. */
function baseScoresOf(file: ModelFile, shape: Fields, numScores: number, margin: Margin): number[] {
  const text = String(shape['base_score'] ?? '').trim();
  const inner = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const values = inner
    .split(',')
    .map((word) => numberAt(file, { base_score: word.trim() }, 'base_score'));
  if (values.length !== 1 && values.length !== numScores)
    throw file.malformed(`has ${values.length} numbers as base_score for ${numScores} scores`);
  return Array.from({ length: numScores }, (_, k) => {
    const base = Math.fround(values[values.length === 1 ? 0 : k] as number);
    const score = marginOf(base, margin);
    if (Number.isFinite(score)) return score;
    throw file.malformed(`has the base_score ${base}`);
  });
}

function marginOf(base: number, margin: Margin): number {
  if (margin === 'same') return base;
  if (margin === 'log') return Math.fround(log(base));
  return -Math.fround(log(Math.fround(Math.fround(1 / base) - 1)));
}

function bestRoundsOf(learner: Fields): number | null {
  const { best_iteration: best } = (learner['attributes'] ?? {}) as Fields;
  const round = Number(best ?? Number.NaN);
  return Number.isSafeInteger(round) && round >= 0 ? round + 1 : null;
}

function featuresOf(
  file: ModelFile,
  learner: Fields,
  {
    model,
    trees,
    hints,
  }: {
    readonly model: Fields;
    readonly trees: readonly ForeignTree[];
    readonly hints: ForeignHints;
  },
): ForeignFeature[] {
  const shape = objectAt(file, learner, 'learner_model_param');
  const numFeatures = countAt(file, shape, 'num_feature');
  const list = (name: string): readonly unknown[] => {
    const values = learner[name] === undefined ? [] : listAt(file, learner, name);
    if (values.length === 0 || values.length === numFeatures) return values;
    throw file.malformed(`has ${values.length} ${name} for ${numFeatures} features`);
  };
  const names = list('feature_names');
  const types = list('feature_types');
  const split = new Map<number, boolean>();
  for (const { nodes } of trees)
    for (const { feature, codes } of nodes) if (codes !== null) split.set(feature, true);
  if (numFeatures > 2 ** 20 && names.length === 0)
    throw file.malformed(`has ${numFeatures} features without names`);
  return Array.from({ length: numFeatures }, (_, f): ForeignFeature => {
    const name = String(names[f] ?? `f${f}`);
    const isCategory = types[f] === 'c' || split.get(f) === true;
    const plain = { name, zeroIsMissing: false, codes: [] };
    if (!isCategory) return { ...plain, kind: 'numeric', values: null };
    const given = hints.categories[name];
    const values = given ?? categoriesOf(file, model, { feature: f, name });
    return { ...plain, kind: 'category', values, areGiven: given !== undefined };
  });
}
