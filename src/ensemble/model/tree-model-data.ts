/**
 * What every tree model holds: features, classes, starting scores and the trees; how it is saved and
 * checked when loaded, and how it is given to worker threads.
 */
import type { Json } from '../../base/json.ts';
import { isPlainObject } from '../../base/json.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { savedInputSchema } from '../../pipeline/model.ts';
import { packStrings, unpackStrings } from '../../pipeline/packed-strings.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { RowIdMode, StageWriter } from '../../pipeline/stage-writer.ts';
import type { ClassValue, TrainedFeature } from '../../training/messages.ts';
import { problemOfTrees } from '../../tree/check-trees.ts';
import { problemOfLinear } from '../../tree/linear-leaves.ts';
import { problemOfPlanes } from '../../tree/split-planes.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { type LeafLabels, readLeafLabels, saveLeafLabels } from '../forest/leaf-labels.ts';
import { type OutOfBagSummary, readOutOfBag, savedOutOfBag } from '../forest/out-of-bag-summary.ts';
import { linearTensors, readLinear } from './linear-tensors.ts';
import { planeTensors, readPlanes } from './plane-tensors.ts';
import {
  readTrainingRecord,
  saveTrainingRecord,
  type TrainingRecord,
  validationLossesOf,
} from './training-record.ts';

/** A fitted tree model, without its class. */
export interface TreeModelData extends TrainingRecord {
  readonly inputSchema: LogicalSchema;
  readonly rowIdMode: RowIdMode;
  readonly features: readonly TrainedFeature[];
  /** Where each feature lies: column, then child or element. */
  readonly paths: readonly (readonly string[])[];
  /** Classes ascending; empty for a regressor. */
  readonly classes: readonly ClassValue[];
  /** Type of the prediction column: the label's, as printed in schemas. */
  readonly labelType: string;
  /** Added after the leaves, one an output. */
  readonly baseScores: readonly number[];
  readonly trees: TreeEnsemble;
  readonly numRows: number;
  /** How a forest does on rows that its trees have not seen, where that was asked for. */
  readonly outOfBag?: OutOfBagSummary | null | undefined;
  /** The training labels in each leaf, where quantiles were asked for. */
  readonly leafLabels?: LeafLabels | null | undefined;
}

/** Saves it: the trees as arrays, names and classes beside them. */
export async function saveTreeModel(writer: StageWriter, data: TreeModelData): Promise<void> {
  const t = data.trees;
  await writer.tensors('trees', {
    treeStart: t.treeStart,
    feature: t.feature,
    threshold: t.threshold,
    leftChild: t.leftChild,
    flags: t.flags,
    categoryStart: t.categoryStart,
    categoryCount: t.categoryCount,
    categoryBits: t.categoryBits,
    gain: t.gain,
    runnerUpGain: t.runnerUpGain,
    runnerUpFeature: t.runnerUpFeature,
    cover: t.cover,
    rows: t.rows,
    value: t.value,
    ...(t.variance === undefined ? {} : { variance: t.variance }),
    ...linearTensors(t.linear),
    ...planeTensors(t.planes),
    baseScores: Float64Array.from(data.baseScores),
    validationLosses: Float64Array.from(validationLossesOf(data)),
  });
  const categories = data.features.map((feature) => packStrings(feature.categories));
  await writer.tensors(
    'categories',
    Object.fromEntries(
      categories.flatMap(({ bytes, ends }, i) => [
        [`c${i}.bytes`, bytes] as const,
        [`c${i}.ends`, ends] as const,
      ]),
    ),
  );
  if (data.leafLabels) await saveLeafLabels(writer, data.leafLabels);
  const record = await saveTrainingRecord(writer, data);
  writer.extra({
    features: data.features.map(({ name, kind, zeroIsMissing }, i) => ({
      name,
      kind,
      path: [...(data.paths[i] ?? [])],
      ...(zeroIsMissing === true ? { zeroIsMissing } : {}),
    })),
    classes: [...data.classes] as Json,
    labelType: data.labelType,
    numOutputs: t.numOutputs,
    numRows: data.numRows,
    ...(data.outOfBag ? { outOfBag: savedOutOfBag(data.outOfBag) } : {}),
    ...record,
  });
}

/**
 * Reads it back; whatever does not add up is an error, and nothing is allocated beyond the files.
 * @param numScores how many scores a regressor has
 */
export function readTreeModel(reader: StageReader, numScores = 1): TreeModelData {
  const extra = reader.extraObject();
  const stored = reader.tensors('trees');
  const treeStart = stored.get('treeStart', Uint32Array);
  if (treeStart.length === 0) throw reader.malformed('does not say where its trees begin');
  const numNodes = treeStart[treeStart.length - 1] ?? 0;
  const numOutputs = wholeNumber(extra['numOutputs'], reader);
  const trees: TreeEnsemble = {
    numTrees: treeStart.length - 1,
    numOutputs,
    treeStart,
    feature: stored.get('feature', Int32Array, numNodes),
    threshold: stored.get('threshold', Float64Array, numNodes),
    leftChild: stored.get('leftChild', Uint32Array, numNodes),
    flags: stored.get('flags', Uint8Array, numNodes),
    categoryStart: stored.get('categoryStart', Uint32Array, numNodes),
    categoryCount: stored.get('categoryCount', Uint32Array, numNodes),
    categoryBits: stored.get('categoryBits', Uint32Array),
    gain: stored.get('gain', Float64Array, numNodes),
    runnerUpGain: stored.get('runnerUpGain', Float64Array, numNodes),
    runnerUpFeature: stored.get('runnerUpFeature', Int32Array, numNodes),
    cover: stored.get('cover', Float64Array, numNodes),
    rows: stored.get('rows', Float64Array, numNodes),
    value: stored.get('value', Float64Array, numNodes * numOutputs),
    ...(stored.names.includes('variance')
      ? { variance: stored.get('variance', Float64Array, numNodes) }
      : {}),
    ...readLinear(stored, numNodes, treeStart.length - 1),
    ...readPlanes(stored, numNodes),
  };
  const { features, paths } = readFeatures(reader, extra['features']);
  const problem = problemOfTrees(
    trees,
    features.map((feature) => (feature.kind === 'category' ? feature.categories.length : -1)),
  );
  const isNumeric = features.map((feature) => feature.kind === 'numeric');
  const wrong = problem ?? problemOfLinear(trees, isNumeric) ?? problemOfPlanes(trees, isNumeric);
  if (wrong !== null) throw reader.malformed(wrong);
  const baseScores = stored.get('baseScores', Float64Array);
  const validationLosses = stored.get('validationLosses', Float64Array);
  if (![...baseScores].every(Number.isFinite))
    throw reader.malformed('has a starting score that is not finite');
  const classes = readClasses(reader, extra['classes']);
  const outputs = numOutputs > 1 ? numOutputs : baseScores.length;
  const wanted = classes.length === 0 ? numScores : classes.length;
  // two classes may share one margin
  if (outputs !== wanted && !(classes.length === 2 && outputs === 1))
    throw reader.malformed(`has ${outputs} scores for ${classes.length} classes`);
  return {
    inputSchema: savedInputSchema(reader),
    rowIdMode: reader.rowIdMode ?? 'position',
    features,
    paths,
    classes,
    labelType: text(extra['labelType'], reader),
    baseScores: [...baseScores],
    trees,
    numRows: wholeNumber(extra['numRows'], reader),
    leafLabels: readLeafLabels(reader, trees),
    outOfBag: readOutOfBag(reader, extra['outOfBag']),
    ...readTrainingRecord(reader, extra, [...validationLosses]),
  };
}

function readFeatures(
  reader: StageReader,
  saved: Json | undefined,
): { features: TrainedFeature[]; paths: string[][] } {
  if (!Array.isArray(saved)) throw reader.malformed('has no list of features');
  const stored = reader.tensors('categories');
  const paths: string[][] = [];
  const features = saved.map((entry, i): TrainedFeature => {
    if (!isPlainObject(entry)) throw reader.malformed('has a feature that is not an object');
    const { name, kind, path } = entry;
    if (kind !== 'numeric' && kind !== 'category')
      throw reader.malformed('has a feature of an unknown kind');
    if (!Array.isArray(path) || path.length < 1)
      throw reader.malformed('has a feature without a column');
    paths.push(path.map((part) => text(part as Json, reader)));
    const categories = unpackStrings({
      bytes: stored.get(`c${i}.bytes`, Uint8Array),
      ends: stored.get(`c${i}.ends`, Uint32Array),
    });
    const feature = { name: text(name as Json, reader), kind, categories } as const;
    // a category has a place, which is 0 for the first
    const hasZeros = kind === 'numeric' && entry['zeroIsMissing'] === true;
    return hasZeros ? { ...feature, zeroIsMissing: true } : feature;
  });
  return { features, paths };
}

function readClasses(reader: StageReader, saved: Json | undefined): ClassValue[] {
  if (!Array.isArray(saved)) throw reader.malformed('has no list of classes');
  return saved.map((value) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return value;
    throw reader.malformed('has a class that is no text, number or boolean');
  });
}

function wholeNumber(value: Json | undefined, reader: StageReader): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw reader.malformed('has a count that is not a whole number');
}

function text(value: Json | undefined, reader: StageReader): string {
  if (typeof value === 'string') return value;
  throw reader.malformed('has a name that is not a text');
}
