/**
 * One model of several that were fitted apart, on other rows or with other seeds: boosted trees whose scores are averaged,
 * forests whose trees stand side by side. Which models go together, and what becomes of their trees?
 */

import { checkOptions } from '../../base/check-options.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { mergeCategories } from '../../binning/category-dictionary.ts';
import { scaleLinear } from '../../tree/linear-leaves.ts';
import { recodeCategories } from '../../tree/recode-categories.ts';
import type { LinearLeaves, TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { valueUnit } from '../../tree/value-unit.ts';
import { differingMeaning, featuresInWords } from '../boosting/initial-model.ts';
import { joinTrees } from './member-trees.ts';
import { mergedParts } from './merged-parts.ts';
import type { MergedPart } from './training-record.ts';
import type { TreeModel } from './tree-model.ts';
import type { TreeModelData } from './tree-model-data.ts';
import { valuesOnGrid } from './values-on-grid.ts';

/** Options of {@link mergeModels}. */
export interface MergeOptions {
  /** How much each model counts, positive; equal by default. Of forests every tree counts the same. */
  readonly weights?: readonly number[] | undefined;
}

const boosted = ['GBTRegressionModel', 'GBTClassificationModel', 'GBTRankingModel'];
const forests = ['RandomForest', 'ExtraTrees'].flatMap((name) => [
  `${name}RegressionModel`,
  `${name}ClassificationModel`,
]);

/**
 * One model of several of the same class, features, classes and loss, whatever rows each was fitted on. Boosted trees:
 * the score (before exponents or probabilities) is the weighted mean of the models' scores. Forests: all their trees,
 * each counting the same. Categories that only some models know go, in the trees of the others, where these send what they
 * do not know. Parameters are those of the first model; histories and out-of-bag results are not kept.
 *
 * Cost: O(nodes). Determinism: the same models give the same bytes; leaf values are rounded onto the finest grid of theirs,
 * those of another library's trees onto one of 2⁻⁴⁴ of the largest score.
 *
 * @param models at least one, in the order in which their trees will stand
 * @throws CoppiceError `USAGE` for models or weights that cannot be merged, `MODEL_CLASS`, `PARAM_INVALID`, `SCHEMA_MISMATCH`
 * @example
 * ```ts
 * import { createTable, GBTRegressor, mergeModels } from 'coppice';
 * const regressor = new GBTRegressor({ featuresCols: ['x'], maxIter: 5, minInstancesPerNode: 1 });
 * const january = await regressor.fit(createTable({ x: [1, 2, 3, 4], label: [1, 2, 3, 4] }));
 * const february = await regressor.fit(createTable({ x: [3, 4, 5, 6], label: [4, 5, 6, 7] }));
 * const both = mergeModels([january, february], { weights: [1, 2] });
 * console.log(both.numTrees); // 10
 * ```
 * @see docs/guides/training-longer.md
 */
export function mergeModels<M extends TreeModel>(
  models: readonly M[],
  options: MergeOptions = {},
): M {
  checkOptions('mergeModels', options, ['weights']);
  const { weights } = options;
  if (!Array.isArray(models))
    throw misuse(`models of mergeModels must be a list; got ${describeValue(models)}`);
  const first = models[0];
  if (first === undefined) throw misuse('models of mergeModels must be at least one; got none');
  const isForest = forests.includes(first.className);
  if (!isForest && !boosted.includes(first.className)) {
    throw misuse(`models of mergeModels must be boosted trees or forests; got ${first.className}`);
  }
  for (const model of models) checkMember(first, model);
  const shares = sharesOf(models.length, weights);
  if (isForest && weights !== undefined) {
    throw misuse('weights of mergeModels must be left out for forests: each tree counts the same');
  }
  const data = mergeData(
    models.map((model) => (isForest ? model.data : onGrid(model.data))),
    isForest ? null : shares,
  );
  if (!isForest) return rebuilt(first, { ...data, merged: partsOfModels(models, shares) });
  return rebuilt(first, data);
}

function rebuilt<M extends TreeModel>(first: M, data: TreeModelData): M {
  return Reflect.construct(first.constructor, [first.givenOptions, data]) as M;
}

/** What is remembered of boosted models; of several labels, whose fits differ, nothing is. */
function partsOfModels(models: readonly TreeModel[], shares: readonly number[]): MergedPart[] {
  const known = models.map(({ data, params }, i) => {
    const { labelCols, ...steps } = params as unknown as StepParams;
    const isCut = data.merged?.length === 0;
    return labelCols !== undefined || isCut ? null : mergedParts(data, steps, shares[i] as number);
  });
  return known.some((parts) => parts === null) ? [] : known.flatMap((parts) => parts ?? []);
}

interface StepParams {
  readonly stepSize: number;
  readonly lambda: number;
  readonly labelCols?: unknown;
}

function misuse(message: string): CoppiceError {
  return new CoppiceError('USAGE', message, { context: { owner: 'mergeModels' } });
}

function sharesOf(count: number, weights: readonly number[] | undefined): number[] {
  const given = weights ?? new Array<number>(count).fill(1);
  if (given.length !== count || !given.every((weight) => weight > 0 && Number.isFinite(weight))) {
    throw misuse(
      `weights of mergeModels must be ${count} positive numbers, one a model; got ${given.join(', ')}`,
    );
  }
  const total = given.reduce((sum, weight) => sum + weight, 0);
  return given.map((weight) => weight / total);
}

function checkMember(first: TreeModel, model: TreeModel): void {
  const context = { owner: 'mergeModels' };
  if (model.className !== first.className) {
    throw new CoppiceError(
      'MODEL_CLASS',
      `models of mergeModels must be of one class, ${first.className}; got ${model.className}`,
      { context },
    );
  }
  const name = differingMeaning(first.params, model.params);
  if (name !== null) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `${name} of models of mergeModels must be the same, for scores to mean the same`,
      { context: { ...context, param: name } },
    );
  }
  const describe = ({ data }: TreeModel): string =>
    `${featuresInWords(data.features)}; classes ${JSON.stringify(data.classes)}; ${data.labelType}`;
  if (describe(first) !== describe(model)) {
    throw new CoppiceError(
      'SCHEMA_MISMATCH',
      `models of mergeModels must have the same features, classes and type of label: ${describe(first)}; got ${describe(model)}`,
      { context },
    );
  }
  if (model.data.leafLabels) {
    throw misuse(
      'models of mergeModels must be without quantilesCol: labels of leaves do not merge',
    );
  }
}

/**
 * What a model of several holds that go together.
 *
 * @param all their values on grids @param shares of the models, 1 in all; null where trees stay as they are
 */
export function mergeData(
  all: readonly TreeModelData[],
  shares: readonly number[] | null,
): TreeModelData {
  const first = all[0] as TreeModelData;
  const features = first.features.map((feature, f) => {
    if (feature.kind !== 'category') return feature;
    const dictionaries = all.map((data) => data.features[f]?.categories ?? []);
    return { ...feature, categories: mergeCategories(dictionaries, feature.name) };
  });
  const wanted = features.map(({ categories }) => categories);
  const unit = Math.min(...all.map(({ trees }) => unitOf(trees)));
  const trees = all.map((data, i) => {
    const own = data.features.map(({ categories }) => categories);
    const recoded = recodeCategories(data.trees, own, wanted);
    return shares === null ? recoded : scaled(recoded, shares[i] as number, unit);
  });
  const baseScores = first.baseScores.map((base, k) =>
    shares === null
      ? base
      : all.reduce(
          (sum, data, i) => sum + (shares[i] as number) * (data.baseScores[k] as number),
          0,
        ),
  );
  // what rounds there were, and who grew them, is told of each model alone
  const { laterRounds: _, fits: __, positionBiases: ___, merged: ____, ...others } = first;
  const { labelRounds: _____, source: ______, ...kept } = others;
  const source = all.find((data) => data.source !== undefined)?.source;
  return {
    ...kept,
    features,
    baseScores,
    trees: trees.reduce(joinTrees),
    numRows: all.reduce((sum, data) => sum + data.numRows, 0),
    history: [],
    memberRounds: [],
    chosen: null,
    outOfBag: null,
    ...(source === undefined ? {} : { source }),
  };
}

/** Values of another library's trees lie on no grid; averaged ones stay as they are, and no training goes on from them. */
function onGrid(data: TreeModelData): TreeModelData {
  if (data.source === undefined || data.memberRounds.length !== 1) return data;
  const { source: _, ...found } = valuesOnGrid('mergeModels', data);
  return found;
}

/** The grid of an ensemble's scores. */
function unitOf({ value, linear }: TreeEnsemble): number {
  return Math.min(valueUnit(value), ...(linear?.unit ?? []));
}

/** Values times a share, back on a grid, so that sums of leaves stay exact. */
function scaled(trees: TreeEnsemble, share: number, unit: number): TreeEnsemble {
  if (!Number.isFinite(unit)) return trees;
  const value = trees.value.map((one) => Math.round((one * share) / unit) * unit);
  if (trees.linear === undefined) return { ...trees, value };
  const linear: LinearLeaves = {
    ...scaleLinear(trees.linear, share),
    unit: trees.linear.unit.map(() => unit),
  };
  return { ...trees, value, linear };
}
