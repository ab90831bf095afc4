/** From what another library's model says to a fitted model of ours. */
import { describeValue } from '../../base/describe-value.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { maxCategoryValues } from '../../binning/category-dictionary.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import type { ClassValue, TrainedFeature } from '../../training/messages.ts';
import { problemOfTrees } from '../../tree/check-trees.ts';
import { modelCuts } from '../../tree/prediction/model-cuts.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { GBTClassificationModel } from '../boosting/gbt-classifier.ts';
import { GBTRankingModel } from '../boosting/gbt-ranker.ts';
import { GBTRegressionModel } from '../boosting/gbt-regressor.ts';
import { RandomForestRegressionModel } from '../forest/random-forest-regressor.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { ForeignModel } from './foreign-model.ts';
import {
  codesOfFeatures,
  type FeatureCodes,
  type ForeignFeature,
  type ForeignTree,
  packForeignTrees,
} from './foreign-trees.ts';
import type { ModelFile } from './model-file.ts';

/** A model of ours that was read from another library's file. */
export type ImportedModel =
  | GBTClassificationModel
  | GBTRegressionModel
  | GBTRankingModel
  | RandomForestRegressionModel;

/** What a caller may say beside the file. */
export interface ImportOptions {
  /** The columns of the features, in the order of the file; by default they are called as there. */
  readonly featuresCols?: readonly string[] | undefined;
  /** The classes in the order of their numbers there; by default those that the file tells, else 0, 1, … */
  readonly classes?: readonly ClassValue[] | undefined;
  /** What each code of a category feature stands for, by its name in the file; by default what the file tells, else the
   *  codes themselves. */
  readonly categories?:
    | Readonly<Record<string, readonly (string | number | boolean)[]>>
    | undefined;
  /** How many rounds to keep; by default the best ones where the file tells them, else all. */
  readonly numRounds?: number | undefined;
  /** What was minimised, under the library's own name, where the file does not tell (a function of the user). */
  readonly objective?: string | undefined;
  /** Further parameters of the model, such as `labelCol` and `predictionCol`. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** More distinct thresholds of one feature than predictors can number. */
const mostThresholds = 65_000;

/**
 * Makes the model.
 *
 * @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED`, `PARAM_INVALID`
 */
export function importedModel(
  file: ModelFile,
  model: ForeignModel,
  options: ImportOptions,
): ImportedModel {
  const { task } = model.objective;
  const numRounds = roundsOf(file, model, options.numRounds);
  const perRound = model.treesPerRound * model.numScores;
  checkHints(file, model.features, options.categories ?? {});
  const features = renamed(file, model.features, options.featuresCols);
  const codes = codesOfFeatures(file, features, model.trees);
  checkCategories(file, features, codes);
  const isForest = isMean(model);
  const divisor = model.isAveraged && !isForest ? numRounds : 1;
  const scores = {
    trees: model.trees
      .slice(0, numRounds * perRound)
      .map((tree) => times(tree, model.objective.factor / divisor)),
    baseScores: model.baseScores,
  };
  const classes =
    task === 'classification' ? classesOf(file, model, options.classes ?? model.classes) : [];
  const isPair = classes.length === 2 && model.numScores === 2;
  const { trees, baseScores } = isPair ? asOneMargin(scores) : scores;
  const packed = packForeignTrees(file, trees, codes);
  checkTrees(file, packed, codes);
  const parallel = model.treesPerRound;
  const numOwnRounds = trees.length / (baseScores.length * parallel);
  const data: TreeModelData = {
    source: model.source,
    inputSchema: features.map((feature) => ({ name: feature.name, type: typeOf(feature) })),
    rowIdMode: 'position',
    features: features.map(({ name, kind, zeroIsMissing }, f): TrainedFeature => {
      const own = { name, kind, categories: codes[f]?.categories ?? [] };
      return zeroIsMissing ? { ...own, zeroIsMissing } : own;
    }),
    paths: features.map(({ name }) => [name]),
    classes,
    labelType: labelTypeOf(classes),
    baseScores,
    trees: packed,
    numRows: rowsOf(packed),
    history: [],
    memberRounds: isForest
      ? []
      : model.isAveraged
        ? new Array<number>(numOwnRounds).fill(1)
        : [numOwnRounds],
    chosen: null,
    ...(parallel === 1 ? {} : { parallelTrees: parallel }),
  };
  return withData(model, data, options.params ?? {}, isForest);
}

function withData(
  model: ForeignModel,
  data: TreeModelData,
  given: Readonly<Record<string, unknown>>,
  isForest: boolean,
): ImportedModel {
  const { task, params } = model.objective;
  const featuresCols = data.features.map(({ name }) => name);
  if (isForest) return new RandomForestRegressionModel({ featuresCols, ...given }, data);
  const numbers = data.features.filter(({ kind }) => kind === 'numeric');
  const options = {
    featuresCols,
    ...model.params,
    ...params,
    ...(model.treesPerRound === 1 ? {} : { numParallelTrees: model.treesPerRound }),
    ...(numbers.length > 0 && numbers.every(({ zeroIsMissing }) => zeroIsMissing === true)
      ? { zeroAsMissing: true }
      : {}),
    ...given,
  };
  if (task === 'classification') return new GBTClassificationModel(options, data);
  if (task === 'ranking') return new GBTRankingModel(options, data);
  const labels =
    model.numScores === 1
      ? {}
      : { labelCols: Array.from({ length: model.numScores }, (_, k) => `label${k}`) };
  return new GBTRegressionModel({ ...labels, ...options }, data);
}

/** A mean of trees that is the prediction itself is what a random forest says. */
function isMean({ isAveraged, objective }: ForeignModel): boolean {
  const { lossType } = objective.params;
  const areLogs = ['poisson', 'gamma', 'tweedie', 'crossEntropy'].includes(String(lossType));
  return isAveraged && objective.task === 'regression' && !areLogs;
}

function roundsOf(
  file: ModelFile,
  { trees, treesPerRound, numScores, bestRounds }: ForeignModel,
  given: number | undefined,
): number {
  const most = trees.length / (treesPerRound * numScores);
  if (!Number.isInteger(most) || most < 1)
    throw file.malformed(`has ${trees.length} trees, which are no whole rounds`);
  if (given === undefined) return Math.min(most, bestRounds ?? most);
  if (Number.isInteger(given) && given >= 1 && given <= most) return given;
  throw file.unsuited('numRounds', `an integer from 1 to ${most}`, String(given));
}

/** Values of a feature that is not there would be passed over, and the codes taken for the values. */
function checkHints(
  file: ModelFile,
  features: readonly ForeignFeature[],
  hints: NonNullable<ImportOptions['categories']>,
): void {
  const names = features.map(({ name }) => name);
  for (const [name, values] of Object.entries(hints)) {
    if (!names.includes(name)) {
      const rule = `of features that the file names; ${nameSuggestion(name, names)}`;
      throw file.unsuited('categories', rule, name);
    }
    if (!Array.isArray(values))
      throw file.unsuited(`categories of ${name}`, 'a list', describeValue(values));
  }
}

function renamed(
  file: ModelFile,
  features: readonly ForeignFeature[],
  names: readonly string[] | undefined,
): readonly ForeignFeature[] {
  if (names !== undefined && names.length !== features.length)
    throw file.unsuited('featuresCols', `${features.length} columns`, names.length);
  const found = features.map((feature, f) => ({ ...feature, name: names?.[f] ?? feature.name }));
  const seen = new Set<string>();
  for (const { name } of found) {
    if (seen.has(name)) {
      throw file.unsupported(
        `has two features called ${name}`,
        'tell the columns by the option featuresCols',
      );
    }
    seen.add(name);
  }
  return found;
}

/** Refuses more categories than a model can number. @throws CoppiceError `UNSUPPORTED` */
export function checkCategories(
  file: ModelFile,
  features: readonly Pick<ForeignFeature, 'name'>[],
  codes: readonly (FeatureCodes | null)[],
): void {
  codes.forEach((own, f) => {
    if (own === null || own.categories.length <= maxCategoryValues) return;
    throw file.unsupported(
      `has ${own.categories.length} categories of ${features[f]?.name}, more than ${maxCategoryValues}`,
      'group the rare ones',
    );
  });
}

/** Refuses trees that no predictor could walk. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED` */
export function checkTrees(
  file: ModelFile,
  trees: TreeEnsemble,
  codes: readonly (FeatureCodes | null)[],
): void {
  const counts = codes.map((own) => own?.categories.length ?? -1);
  const problem = problemOfTrees(trees, counts);
  if (problem !== null) throw file.malformed(problem);
  for (const [feature, { length }] of modelCuts(trees).thresholds) {
    if (length <= mostThresholds) continue;
    throw file.unsupported(
      `has ${length} distinct thresholds of feature ${feature}, more than ${mostThresholds}`,
      'train it on histograms (tree_method="hist")',
    );
  }
}

function classesOf(
  file: ModelFile,
  { numScores }: ForeignModel,
  given: readonly ClassValue[] | undefined,
): readonly ClassValue[] {
  return givenClasses(file, given, numScores === 1 ? 2 : numScores);
}

/** Classes that a caller names, or their numbers. @throws CoppiceError `PARAM_INVALID` */
export function givenClasses(
  file: ModelFile,
  given: readonly ClassValue[] | undefined,
  count: number,
): readonly ClassValue[] {
  if (given === undefined) return Array.from({ length: count }, (_, k) => k);
  const rule = `${count} distinct values of one type: texts, numbers or booleans`;
  if (!Array.isArray(given)) throw file.unsuited('classes', rule, describeValue(given));
  const isOneType = new Set(given.map((value) => typeof value)).size === 1;
  const areDistinct = given.length === count && new Set(given).size === count;
  if (areDistinct && isOneType && given.every(isClass)) return given;
  throw file.unsuited('classes', rule, given.map(describeValue).join(', '));
}

function isClass(value: unknown): boolean {
  return typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' || typeof value === 'boolean';
}

/** Two scores, whose softmax hangs on their difference alone, as the one margin that two classes have here. */
function asOneMargin({
  trees,
  baseScores,
}: {
  readonly trees: readonly ForeignTree[];
  readonly baseScores: readonly number[];
}): { readonly trees: ForeignTree[]; readonly baseScores: readonly number[] } {
  return {
    trees: trees.map((tree, t) => (t % 2 === 0 ? times(tree, -1) : tree)),
    baseScores: [(baseScores[1] as number) - (baseScores[0] as number)],
  };
}

function times(tree: ForeignTree, factor: number): ForeignTree {
  if (factor === 1) return tree;
  return { ...tree, nodes: tree.nodes.map((node) => ({ ...node, value: node.value * factor })) };
}

/** The type of a label of such classes, as printed in schemas. */
export function labelTypeOf(classes: readonly ClassValue[]): string {
  const [first] = classes;
  if (first === undefined) return 'double';
  if (typeof first !== 'number') return typeof first;
  // whole numbers of 32 bits
  return classes.every((value) => value === (Number(value) | 0)) ? 'int' : 'double';
}

/** Codes are read as numbers, and so are categories that are numbers. */
function typeOf({
  kind,
  values,
  isText: areTexts = false,
}: ForeignFeature): LogicalSchema[number]['type'] {
  if (kind === 'numeric') return 'double';
  if (values === null) return 'int';
  const isText =
    (areTexts && values.length === 0) || values.some((value) => typeof value === 'string');
  return isText ? 'string' : typeof values[0] === 'boolean' ? 'boolean' : 'double';
}

/** How many rows the first tree saw; 0 where the file does not tell. */
function rowsOf({ rows }: TreeEnsemble): number {
  const [first = 0] = rows;
  return Number.isSafeInteger(first) && first >= 0 ? first : 0;
}
