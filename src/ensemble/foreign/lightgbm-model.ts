/** From the text of a LightGBM model to what it says: trees, features, objective. */
import type { ForeignHints, ForeignModel, ForeignObjective } from './foreign-model.ts';
import type { ForeignFeature, ForeignNode, ForeignTree } from './foreign-trees.ts';
import { classifications, losses, oneVsAll, rankings } from './lightgbm-objectives.ts';
import {
  countOf,
  integersOf,
  type LightGBMText,
  numbersOf,
  readLightGBMText,
  type Section,
  words,
} from './lightgbm-text.ts';
import type { ModelFile } from './model-file.ts';

/** Bits of decision_type. */
const isCategoryBit = 1;
const defaultLeftBit = 2;
/** Its missing types, from bit 2 on. */
const missingIsZero = 1;
const missingIsNaN = 2;

/** Reads a model. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED`, `PARAM_INVALID` */
export function readLightGBM(file: ModelFile, text: string, hints: ForeignHints): ForeignModel {
  const parts = readLightGBMText(file, text);
  const { head, parameters } = parts;
  const numScores = countOf(file, head, 'num_tree_per_iteration');
  if (parts.trees.length === 0 || parts.trees.length % numScores !== 0)
    throw file.malformed(`has ${parts.trees.length} trees of ${numScores} in each round`);
  const zeros = new Map<number, boolean>();
  const trees = parts.trees.map((section, t) =>
    readTree(file.part(`tree ${t}`), section, (feature, isZero) => {
      if ((zeros.get(feature) ?? isZero) !== isZero)
        throw file.unsupported(
          `has a feature ${feature} whose zeros are missing in some trees and values in others`,
          'train it with one zero_as_missing throughout',
        );
      zeros.set(feature, isZero);
    }),
  );
  const number = (name: string): number => Number(parameters.get(name) ?? Number.NaN);
  const stepSize = number('learning_rate');
  const lambda = number('lambda_l2');
  return {
    source: `LightGBM ${head.get('version') ?? ''}`.trim(),
    objective: objectiveOf(file, parts, hints.objective, numScores),
    features: featuresOf(file, parts, hints, zeros),
    trees,
    numScores,
    treesPerRound: 1,
    baseScores: new Array<number>(numScores).fill(0),
    isAveraged: head.has('average_output'),
    bestRounds: null,
    params: {
      ...(stepSize > 0 && stepSize <= 1 ? { stepSize } : {}),
      ...(lambda >= 0 ? { lambda } : {}),
    },
  };
}

function objectiveOf(
  file: ModelFile,
  { head, parameters }: LightGBMText,
  given: string | null,
  numScores: number,
): ForeignObjective {
  const [name = '', ...facts] = words(given ?? head.get('objective') ?? '');
  const fact = (key: string): string | undefined =>
    facts.find((one) => one.startsWith(`${key}:`))?.slice(key.length + 1) ?? parameters.get(key);
  const factor = Number(fact('sigmoid') ?? 1);
  if (!(factor > 0)) throw file.malformed(`has the sigmoid ${fact('sigmoid')}`);
  if (facts.includes('sqrt')) {
    throw file.unsupported(
      'has reg_sqrt, whose predictions are squares of scores',
      'train it without, on the square root of the label',
    );
  }
  if (name === 'binary' && numScores === 1) return { task: 'classification', params: {}, factor };
  if (classifications.includes(name) && numScores > 1)
    return { task: 'classification', params: {}, factor: 1 };
  if (oneVsAll.includes(name) && numScores > 2)
    return { task: 'classification', params: { lossType: 'oneVsAll' }, factor };
  const ranking = rankings[name];
  if (ranking !== undefined && numScores === 1)
    return { task: 'ranking', params: { lossType: ranking }, factor: 1 };
  const lossType = losses[name];
  if (lossType !== undefined && numScores === 1)
    return { task: 'regression', params: { lossType, ...lossParams(lossType, fact) }, factor: 1 };
  const known = [...classifications, 'multiclassova', ...Object.keys(losses)].join(', ');
  throw file.unsupported(
    name === '' || name === 'custom' || name === 'none'
      ? 'does not say what was minimised, as after a function of your own'
      : `minimises ${name} with ${numScores} trees in each round, which has no counterpart`,
    `say what its scores mean by the option objective, one of ${known} or lambdarank`,
  );
}

/** Parameters of a loss that we know as well. */
function lossParams(
  lossType: string,
  fact: (key: string) => string | undefined,
): Record<string, number> {
  const found = (param: string, key: string): Record<string, number> => {
    const value = Number(fact(key));
    return value > 0 ? { [param]: value } : {};
  };
  if (lossType === 'huber') return found('huberDelta', 'alpha');
  if (lossType === 'fair') return found('fairScale', 'fair_c');
  if (lossType === 'quantile') return found('quantileLevel', 'alpha');
  const power = found('tweediePower', 'tweedie_variance_power');
  const { tweediePower = 0 } = power;
  return lossType === 'tweedie' && tweediePower > 1 && tweediePower < 2 ? power : {};
}

function featuresOf(
  file: ModelFile,
  { head, parameters, pandas }: LightGBMText,
  { categories }: ForeignHints,
  zeros: ReadonlyMap<number, boolean>,
): ForeignFeature[] {
  const numFeatures = countOf(file, head, 'max_feature_idx') + 1;
  const names = words(head.get('feature_names') ?? '');
  const infos = words(head.get('feature_infos') ?? '');
  for (const [what, found] of Object.entries({ feature_names: names, feature_infos: infos })) {
    if (found.length !== numFeatures)
      throw file.malformed(`has ${found.length} ${what} for ${numFeatures} features`);
  }
  // numbers have a range, [least:most]; features that no tree may use have none, and only the parameters tell which of
  // them are categories
  const listed = (parameters.get('categorical_feature') ?? '').split(',');
  const isCategory = infos.map((info, f) =>
    info === 'none' ? listed.includes(String(f)) : !info.startsWith('['),
  );
  const numCategory = isCategory.filter(Boolean).length;
  // a feature that no tree splits on was read as the others were
  const areMissing = [...zeros.values()].includes(true) && ![...zeros.values()].includes(false);
  let place = 0;
  return names.map((name, f): ForeignFeature => {
    if (isCategory[f] !== true) {
      const zeroIsMissing = zeros.get(f) ?? areMissing;
      return { name, kind: 'numeric', values: null, codes: [], zeroIsMissing };
    }
    const info = infos[f] as string;
    const codes = info === 'none' ? [] : info.split(':').map(Number);
    if (!codes.every(Number.isSafeInteger)) throw file.malformed(`has categories ${info}`);
    const own = pandas[place++];
    const values = categories[name] ?? (pandas.length === numCategory ? (own ?? null) : null);
    if (values === null && pandas.length > 0) {
      throw file.unsupported(
        `has values of ${pandas.length} category columns for ${numCategory} category features, so that it does not say which belong to ${name}`,
        `give them by the option categories: { ${JSON.stringify(name)}: […] }, in the order of their codes`,
      );
    }
    // −1 stands for missing values, and a code of 0 for a category as any other
    const seen = codes.filter((code) => code >= 0);
    const areGiven = categories[name] !== undefined;
    return { name, kind: 'category', values, areGiven, codes: seen, zeroIsMissing: false };
  });
}

function readTree(
  file: ModelFile,
  section: Section,
  noteZeros: (feature: number, isZero: boolean) => void,
): ForeignTree {
  if (Number(section.get('is_linear') ?? 0) !== 0) {
    throw file.unsupported(
      'has linear leaves, whose sums are rounded in another way here',
      'train it without linear_tree, or fit with linearLeaves here',
    );
  }
  const numLeaves = countOf(file, section, 'num_leaves');
  const numSplits = numLeaves - 1;
  if (numSplits < 0) throw file.malformed('has no leaves');
  const leafValue = numbersOf(file, section, 'leaf_value', numLeaves);
  const counts = (name: string, count: number): Float64Array =>
    section.has(name) ? numbersOf(file, section, name, count) : new Float64Array(count);
  const leafCount = counts('leaf_count', section.get('leaf_count') === '' ? 0 : numLeaves);
  const leaves = Array.from(leafValue, (value, leaf): ForeignNode => {
    const rows = leafCount[leaf] ?? 0;
    return { ...noSplit, cover: rows, rows, value };
  });
  if (numSplits === 0) return { root: 0, nodes: leaves };
  const integers = (name: string, count = numSplits): Float64Array =>
    integersOf(file, section, name, count);
  const features = integers('split_feature');
  const thresholds = numbersOf(file, section, 'threshold', numSplits);
  const decisions = integers('decision_type');
  const left = integers('left_child');
  const right = integers('right_child');
  const gains = counts('split_gain', numSplits);
  const rows = counts('internal_count', numSplits);
  const values = counts('internal_value', numSplits);
  const codesAt = categorySets(file, section);
  // splits come first, leaf k is their number and k, where the file says −1 − k
  const numberOf = (child: number): number => (child >= 0 ? child : numSplits - 1 - child);
  const splits = Array.from(features, (feature, i): ForeignNode => {
    const decision = decisions[i] as number;
    const threshold = thresholds[i] as number;
    const isCategory = (decision & isCategoryBit) !== 0;
    const missingType = (decision >> 2) & 3;
    if (!isCategory) noteZeros(feature, missingType === missingIsZero);
    const isTold = missingType === missingIsZero || missingType === missingIsNaN;
    return {
      feature,
      threshold,
      left: numberOf(left[i] as number),
      right: numberOf(right[i] as number),
      // where training saw none, a missing value is a 0
      missingGoesLeft: !isCategory && (isTold ? (decision & defaultLeftBit) !== 0 : threshold >= 0),
      codes: isCategory ? codesAt(threshold) : null,
      othersGoLeft: false,
      gain: finite(gains[i] as number),
      cover: rows[i] as number,
      rows: rows[i] as number,
      value: finite(values[i] as number),
    };
  });
  return { root: 0, nodes: [...splits, ...leaves] };
}

const noSplit = {
  feature: -1,
  threshold: 0,
  left: 0,
  right: 0,
  missingGoesLeft: false,
  codes: null,
  othersGoLeft: false,
  gain: 0,
} as const;

/** The codes that go left at a split, by the number that stands in place of its threshold. */
function categorySets(file: ModelFile, section: Section): (place: number) => number[] {
  const numSets = section.has('num_cat') ? countOf(file, section, 'num_cat') : 0;
  if (numSets === 0) {
    return () => {
      throw file.malformed('splits by categories that it does not list');
    };
  }
  const bounds = integersOf(file, section, 'cat_boundaries', numSets + 1);
  const bits = integersOf(file, section, 'cat_threshold', bounds[numSets] as number);
  return (place) => {
    const [from, to] = [bounds[place], bounds[place + 1]];
    if (from === undefined || to === undefined || from < 0 || to > bits.length)
      throw file.malformed(`has no set of categories ${place}`);
    const codes: number[] = [];
    for (let word = from; word < to; word++) {
      for (let bit = 0; bit < 32; bit++) {
        if ((((bits[word] as number) >>> bit) & 1) === 1) codes.push((word - from) * 32 + bit);
      }
    }
    return codes;
  };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
