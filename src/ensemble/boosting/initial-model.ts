/**
 * A fitted model that a fit goes on from. Does it suit the fit, what do its trees say of the rows, and how are
 * further trees put behind its own?
 *
 * The trees that the next rounds grow are those that a longer fit would have grown on the same rows, bit for bit:
 * scores are sums on a grid, so it does not matter whether they were added up round by round or by prediction,
 * and draws hang on the number of a round.
 */

import { Field, FixedSizeList, Float64, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { mergeCategories } from '../../binning/category-dictionary.ts';
import { checkSchema } from '../../pipeline/check-schema.ts';
import type { FitColumns } from '../../pipeline/fit-columns.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue, InitialRounds } from '../../training/messages.ts';
import { recodeCategories } from '../../tree/recode-categories.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { valueUnit } from '../../tree/value-unit.ts';
import { joinTrees, scaleValues, splitMembers } from '../model/member-trees.ts';
import { modelIdOf } from '../model/shared-trees.ts';
import { continuedRecord, roundsOf, treesPerRound } from '../model/training-record.ts';
import { TreeModel } from '../model/tree-model.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { valuesOnGrid } from '../model/values-on-grid.ts';
import { featurePlaces } from '../prediction/feature-places.ts';
import type { PredictSpec } from '../prediction/predict-operator.ts';

/** Parameters that decide what scores mean: those of a model and of a fit that goes on from it are the same. */
const meaningOfScores = [
  'lossType',
  'huberDelta',
  'fairScale',
  'quantileLevel',
  'quantileAlphas',
  'labelCols',
  'tweediePower',
  'focalGamma',
  'objectiveFunction',
  'link',
  'centerLabels',
  'offsetCol',
  'numParallelTrees',
] as const;

/** Who fits, with which parameters, on which columns. */
export interface ContinuedFit {
  readonly owner: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly columns: FitColumns;
  readonly table: PartitionedTable;
}

/**
 * What a model holds that a fit goes on from; null without one.
 *
 * @throws CoppiceError `UNSUPPORTED`, `MODEL_CLASS`, `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`
 */
export function initialData(fit: ContinuedFit, model: unknown): TreeModelData | null {
  if (model === undefined) return null;
  const { owner, columns, table } = fit;
  if (owner.startsWith('DecisionTree')) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `initialModel of ${owner} must be left out: a single tree has no further ones; use a forest`,
      { context: { owner } },
    );
  }
  const wanted = modelNameOf(owner);
  if (!(model instanceof TreeModel) || model.className !== wanted) {
    const got = (model as { className?: unknown } | null)?.className ?? typeof model;
    throw new CoppiceError(
      'MODEL_CLASS',
      `initialModel of ${owner} must be a ${wanted}; got ${String(got)}`,
      { context: { owner } },
    );
  }
  checkMeaning(fit, model);
  const data = valuesOnGrid(owner, model.data);
  checkSchema(owner, data.inputSchema, table.schema);
  const found = featuresInWords(columns.features);
  const known = featuresInWords(data.features);
  if (found === known) return data;
  throw new CoppiceError(
    'SCHEMA_MISMATCH',
    `the features of ${owner} must be those of its initial model, in their order: ${known}; got ${found}${numbersAsCategories(data)}`,
    { context: { owner } },
  );
}

/** Only models of other libraries take numbers as categories. */
function numbersAsCategories({ source, features, inputSchema }: TreeModelData): string {
  const column = features.find(
    ({ name, kind }) =>
      kind === 'category' &&
      inputSchema.some((field) => field.name === name && field.type !== 'string'),
  );
  if (source === undefined || column === undefined) return '';
  return `; to go on from categories that are no texts, read the ${source} model with categories: { ${JSON.stringify(column.name)}: ['…'] } as texts, and give columns of text`;
}

/** Names and kinds of features, for comparison and for messages. */
export function featuresInWords(
  features: FitColumns['features'] | TreeModelData['features'],
): string {
  return features
    .map(({ name, kind, zeroIsMissing }) => {
      const zeros = zeroIsMissing === true ? ', 0 is missing' : '';
      return `${name} (${kind === 'category' ? kind : 'number'}${zeros})`;
    })
    .join(', ');
}

/** The first parameter of two models that makes their scores mean different things; null where none does. */
export function differingMeaning(
  known: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, unknown>>,
): (typeof meaningOfScores)[number] | null {
  const said = (of: typeof params, name: string): string =>
    meaningOf(of[name] ?? (name === 'numParallelTrees' ? 1 : undefined));
  const differs = (name: string): boolean => said(known, name) !== said(params, name);
  return meaningOfScores.find(differs) ?? null;
}

function checkMeaning({ owner, params }: ContinuedFit, model: TreeModel): void {
  const known = model.params as Readonly<Record<string, unknown>>;
  const name = differingMeaning(known, params);
  if (name === null) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `${name} of ${owner} must be that of its initial model, ${meaningOf(known[name])}; got ${meaningOf(params[name])}`,
    { context: { owner, param: name } },
  );
}

/** A function by its name, which is all that a loaded model knows. */
function meaningOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  const { functionName, exportName } = value as { functionName?: string; exportName?: string };
  if (typeof value === 'function') return value.name;
  return functionName ?? exportName ?? JSON.stringify(value);
}

/** The class of models that an estimator gives. */
export function modelNameOf(owner: string): string {
  return owner
    .replace(/Regressor$/, 'RegressionModel')
    .replace(/ifier$/, 'ificationModel')
    .replace(/Ranker$/, 'RankingModel');
}

/** The classes that labels must be of; null without an initial model, or for numbers. */
export function knownClasses(initial: TreeModelData | null): readonly ClassValue[] | null {
  return initial === null || initial.classes.length === 0 ? null : initial.classes;
}

/** What ranks are told of a boosted model that they go on from. */
export function initialRounds(data: TreeModelData): InitialRounds {
  return {
    numRounds: roundsOf(data),
    baseScores: data.baseScores,
    lossScale: data.chosen?.['huberDelta'] ?? data.chosen?.['fairScale'],
    ...(data.positionBiases === undefined ? {} : { positionBiases: data.positionBiases }),
    valueUnit: Math.min(valueUnit(data.trees.value), ...(data.trees.linear?.unit ?? [])),
  };
}

/** Tables with what trees give each row, and where that lies. */
export interface ScoredTables {
  readonly paths: readonly (readonly string[])[];
  /** The table with the scores beside its columns, computed where it is read. */
  score(table: PartitionedTable): PartitionedTable;
}

/** Adds the sums of a boosted model's leaves to tables. @param schemas columns that the scores must not replace */
export function scoredTables(data: TreeModelData, schemas: readonly Schema[]): ScoredTables {
  if (data.trees.numTrees === 0) return { paths: [], score: (table) => table };
  return scoredColumns(data, schemas);
}

/** The same for any trees; the name of the new column begins as given. */
export function scoredColumns(
  { trees, baseScores, ...data }: TreeModelData,
  schemas: readonly Schema[],
  wanted = 'initialScore',
): ScoredTables & { readonly field: Field } {
  const taken = new Set(schemas.flatMap(({ fields }) => fields.map((field) => field.name)));
  let name = wanted;
  while (taken.has(name)) name = `_${name}`;
  const width = baseScores.length;
  const spec: PredictSpec = {
    kind: 'ensemble.predictTrees',
    writes: [name],
    modelId: modelIdOf(trees, 'initial', width),
    trees,
    ...featurePlaces(data),
    baseScores: baseScores.map(() => 0),
    offsets: [],
    link: 'identity',
    classes: [],
    labelType: 'double',
    thresholds: null,
    outputs: {
      rawPredictionCol: null,
      probabilityCol: null,
      predictionCol: name,
      quantiles: width === 1 ? null : baseScores.map((_, k) => k),
      leafCol: null,
      contributionsCol: null,
    },
  };
  const item = new Field('item', new Float64(), false);
  const type = width === 1 ? new Float64() : new FixedSizeList(width, item);
  const added = new Field(name, type, true);
  return {
    field: added,
    paths: width === 1 ? [[name]] : baseScores.map((_, k) => [name, String(k)]),
    score: (table) =>
      table.withOperator(spec, new Schema([...table.schema.fields, added], table.schema.metadata)),
  };
}

/** The same for models that are averaged: what each one's own trees give, one behind the other. */
export function memberScoredTables(data: TreeModelData, schemas: readonly Schema[]): ScoredTables {
  const { memberRounds, trees } = data;
  const members = splitMembers(trees, memberRounds, treesPerRound(data));
  const known = [...schemas];
  const parts = members.map((own) => {
    const grown = { ...data, trees: scaleValues(own, memberRounds.length) };
    const part = scoredColumns(grown, known);
    known.push(new Schema([part.field]));
    return part;
  });
  return {
    paths: parts.flatMap(({ paths }) => paths),
    score: (table) => parts.reduce((scored, part) => part.score(scored), table),
  };
}

/**
 * The model of both: the trees that were added stand behind those that were there.
 *
 * @param continued what was there before the fit that measured all of `added`; null for nothing
 */
export function appendTrees(
  initial: TreeModelData,
  added: TreeModelData,
  continued: TreeModelData | null = initial,
): TreeModelData {
  const features = added.features.map((feature, f) => {
    const before = initial.features[f]?.categories ?? [];
    if (feature.kind !== 'category') return feature;
    return { ...feature, categories: mergeCategories([before, feature.categories], feature.name) };
  });
  const wanted = features.map(({ categories }) => categories);
  const recoded = [initial, added].map(({ trees, features: own }) =>
    recodeCategories(
      trees,
      own.map(({ categories }) => categories),
      wanted,
    ),
  ) as [TreeEnsemble, TreeEnsemble];
  const { fits: _, ...grown } = added;
  return {
    ...grown,
    features,
    baseScores: initial.baseScores,
    trees: joinTrees(...recoded),
    // which trees of a merged model learned together is not known behind others
    ...(initial.merged === undefined ? {} : { merged: [] }),
    ...(continued === null ? {} : continuedRecord(continued, added, roundsOf(continued))),
  };
}
