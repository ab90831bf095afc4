/**
 * Spark's trees, forests and boosted trees as models of ours.
 *
 * - A tree's raw prediction is the weight of each class in its leaf; a forest adds up each tree's shares.
 * - Boosted trees add leaf times weight, the weight of the first tree being 1. Their probability is
 *   1 / (1 + e^(−2 margin)), which is that of twice the margin here.
 */
import type { LogicalSchema } from '../../../pipeline/logical-schema.ts';
import type { Model } from '../../../pipeline/model.ts';
import type { ClassValue, TrainedFeature } from '../../../training/messages.ts';
import { GBTClassificationModel } from '../../boosting/gbt-classifier.ts';
import { GBTRegressionModel } from '../../boosting/gbt-regressor.ts';
import { DecisionTreeClassificationModel } from '../../forest/decision-tree-classifier.ts';
import { DecisionTreeRegressionModel } from '../../forest/decision-tree-regressor.ts';
import { RandomForestClassificationModel } from '../../forest/random-forest-classifier.ts';
import { RandomForestRegressionModel } from '../../forest/random-forest-regressor.ts';
import type { TreeModelData } from '../../model/tree-model-data.ts';
import { codesOfFeatures, type ForeignFeature, packForeignTrees } from '../foreign-trees.ts';
import { checkCategories, checkTrees, givenClasses, labelTypeOf } from '../imported-model.ts';
import type { ModelFile } from '../model-file.ts';
import type { SparkFolder } from './spark-folder.ts';
import { countField, numbersParam, refuseParam, textParam } from './spark-params.ts';
import {
  categoryFeatures,
  foreignTree,
  type NodeWords,
  readNodes,
  type SparkFeature,
  type SparkNode,
} from './spark-trees.ts';

/** Where a model's features lie, and how its columns are called. */
export interface SparkInputs {
  readonly inputSchema: LogicalSchema;
  readonly features: readonly SparkFeature[];
  /** Parameters of ours. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The classes in the order of Spark's numbers; null for the numbers themselves. */
  readonly classes: readonly ClassValue[] | null;
}

type TreeModelClass = new (options: Record<string, unknown>, data: TreeModelData) => Model;

interface Kind {
  readonly model: TreeModelClass;
  readonly isEnsemble: boolean;
  readonly hasClasses: boolean;
  readonly isBoosted: boolean;
}

const classifier = { hasClasses: true, isBoosted: false };
const regressor = { hasClasses: false, isBoosted: false };

const kinds: Readonly<Record<string, Kind>> = {
  DecisionTreeClassificationModel: {
    ...{ model: DecisionTreeClassificationModel, isEnsemble: false, ...classifier },
  },
  DecisionTreeRegressionModel: {
    ...{ model: DecisionTreeRegressionModel, isEnsemble: false, ...regressor },
  },
  RandomForestClassificationModel: {
    ...{ model: RandomForestClassificationModel, isEnsemble: true, ...classifier },
  },
  RandomForestRegressionModel: {
    ...{ model: RandomForestRegressionModel, isEnsemble: true, ...regressor },
  },
  GBTClassificationModel: {
    ...{ model: GBTClassificationModel, isEnsemble: true, hasClasses: true, isBoosted: true },
  },
  GBTRegressionModel: {
    ...{ model: GBTRegressionModel, isEnsemble: true, hasClasses: false, isBoosted: true },
  },
};

/** Classes of Spark that are trees. */
export const treeClasses: readonly string[] = Object.keys(kinds);

/** More features than these are counted, not known one by one. */
export const mostFeatures = 1 << 20;
/** A leaf has a number a class. */
export const mostClasses = 65_536;
const mostTrees = 1 << 20;

/** The model. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED`, `PARAM_INVALID` */
export async function sparkTreeModel(folder: SparkFolder, inputs: SparkInputs): Promise<Model> {
  const { file } = folder;
  const kind = kinds[folder.className] as Kind;
  const { features } = inputs;
  for (const name of ['leafCol', 'varianceCol']) refuseParam(folder, name);
  const numTrees = kind.isEnsemble ? countField(folder, 'numTrees', mostTrees) : null;
  const nodes = await readNodes(folder, numTrees);
  const weights = kind.isBoosted ? await readWeights(folder, nodes.length) : [];
  const numClasses =
    kind.hasClasses && !kind.isBoosted ? classesOf(folder) : kind.hasClasses ? 2 : 0;
  const numOutputs = kind.isBoosted ? 1 : Math.max(1, numClasses);
  const isCategory = categoryFeatures(file, nodes, features);
  const trees = nodes.map((own, t) => {
    const words = wordsOf(kind, numClasses, weights[t] ?? 1);
    if (kind.hasClasses && !kind.isBoosted && own.some(({ stats }) => stats.length !== numClasses))
      throw file.part(`tree ${t}`).malformed(`has nodes of other than ${numClasses} classes`);
    return foreignTree(file.part(`tree ${t}`), own, features, words);
  });
  const kept = features.map(
    ({ name, values }, f): ForeignFeature => ({
      ...{ name, values, codes: [], zeroIsMissing: false },
      kind: isCategory[f] === true ? 'category' : 'numeric',
    }),
  );
  const codes = codesOfFeatures(file, kept, trees);
  checkCategories(file, kept, codes);
  const packed = packForeignTrees(file, trees, codes, numOutputs);
  checkTrees(file, packed, codes);
  const [first] = packed.rows;
  const data: TreeModelData = {
    source: `Spark ${folder.sparkVersion}`,
    ...{ inputSchema: inputs.inputSchema, rowIdMode: 'position' },
    features: kept.map(
      ({ name, kind: own }, f): TrainedFeature => ({
        ...{ name, kind: own, categories: codes[f]?.categories ?? [] },
      }),
    ),
    paths: features.map(({ path }) => path),
    ...sparkClasses(file, inputs, numClasses),
    baseScores: new Array<number>(numOutputs).fill(0),
    trees: packed,
    numRows: Number.isSafeInteger(first) && (first as number) >= 0 ? (first as number) : 0,
    ...{ history: [], memberRounds: kind.isBoosted ? [nodes.length] : [], chosen: null },
  };
  return new kind.model({ ...columnOptions(folder, kind.hasClasses), ...inputs.options }, data);
}

/** The classes, and the type of a column of them: doubles in Spark. @throws CoppiceError `PARAM_INVALID` */
export function sparkClasses(
  file: ModelFile,
  { classes: given }: SparkInputs,
  count: number,
): Pick<TreeModelData, 'classes' | 'labelType'> {
  if (given !== null && count === 0)
    throw file.unsuited('classes', 'left out, for it predicts numbers', given.length);
  const classes = givenClasses(file, given ?? undefined, count);
  return { classes, labelType: given === null ? 'double' : labelTypeOf(classes) };
}

/** Names of columns, and what decides between classes. */
export function columnOptions(folder: SparkFolder, hasClasses: boolean): Record<string, unknown> {
  const names = ['labelCol', 'predictionCol'];
  if (hasClasses) names.push('probabilityCol', 'rawPredictionCol');
  const named = names.map((name) => [name, textParam(folder, name)] as const);
  const thresholds = hasClasses ? numbersParam(folder, 'thresholds') : undefined;
  return {
    ...Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    ...(thresholds === undefined || thresholds.length === 0 ? {} : { thresholds }),
  };
}

function wordsOf(kind: Kind, numClasses: number, weight: number): NodeWords {
  if (kind.isBoosted || !kind.hasClasses) {
    const factor = kind.hasClasses ? 2 : 1;
    return {
      coverOf: ({ stats }) => stats[0] ?? Number.NaN,
      valuesOf: ({ prediction }) => [prediction * weight * factor],
    };
  }
  const coverOf = ({ stats }: SparkNode): number => stats.reduce((sum, value) => sum + value, 0);
  if (!kind.isEnsemble) return { coverOf, valuesOf: ({ stats }) => stats };
  return {
    coverOf,
    valuesOf: (node) => {
      const total = coverOf(node);
      if (total === 0) return new Array<number>(numClasses).fill(0);
      return node.stats.map((value) => value / total);
    },
  };
}

function classesOf(folder: SparkFolder): number {
  const count = countField(folder, 'numClasses', mostClasses);
  if (count > 0) return count;
  throw folder.file.malformed('has no classes');
}

/** The weight of each tree. */
async function readWeights(folder: SparkFolder, numTrees: number): Promise<number[]> {
  const { file } = folder;
  const weights = new Array<number>(numTrees).fill(Number.NaN);
  for await (const batch of folder.batches('treesMetadata')) {
    // Spark 4 does not name them
    const tree = batch.getChild('treeID') ?? batch.getChild('_1');
    const weight = batch.getChild('weights') ?? batch.getChild('_3');
    for (let row = 0; row < batch.numRows; row++) {
      const t = Number(tree?.get(row) ?? -1);
      if (!Number.isInteger(t) || t < 0 || t >= numTrees)
        throw file.malformed(`has the weight of a tree ${t}`);
      weights[t] = Number(weight?.get(row) ?? Number.NaN);
    }
  }
  const lacking = weights.findIndex((weight) => !Number.isFinite(weight));
  if (lacking >= 0) throw file.malformed(`has no weight of tree ${lacking}`);
  return weights;
}
