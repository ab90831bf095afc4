/**
 * Prediction of one partition in a worker thread: the batch's feature columns go to the predictor, what comes
 * back becomes the model's output columns. The predictor is made once a thread and model.
 */
import type { RecordBatch, Vector } from 'apache-arrow';
import { exp, logistic } from '../base/portable-math.ts';
import { columnOf, encodeCategories, fillNumeric } from '../table/column-values.ts';
import { withColumns } from '../table/make-column.ts';
import type { Operator } from '../table/operators.ts';
import type { OperatorSpec } from '../table/partition-spec.ts';
import type { ClassValue, TrainedFeature } from '../training/messages.ts';
import { type FeatureValues, TreePredictor } from '../tree/predictor.ts';
import type { TreeEnsemble } from '../tree/tree.ts';
import { type OffsetPaths, offsetInvalid } from './offset-column.ts';
import { type ModelOutput, outputColumns, outputFields } from './output-columns.ts';

/** How sums of leaves become predictions. */
export type Link = 'identity' | 'exp' | 'logistic' | 'softmax' | 'mean' | 'share';

/** What the operator is told. */
export interface PredictSpec extends OperatorSpec {
  readonly kind: 'ensemble.predictTrees';
  /** Names the model within this process; predictors are kept by it. */
  readonly modelId: string;
  readonly trees: TreeEnsemble;
  readonly features: readonly TrainedFeature[];
  readonly paths: readonly (readonly string[])[];
  readonly baseScores: readonly number[];
  /** Where margins that are added to the scores lie, one path a score; none without. */
  readonly offsets: OffsetPaths;
  readonly link: Link;
  readonly classes: readonly ClassValue[];
  readonly labelType: string;
  readonly thresholds: readonly number[] | null;
  readonly outputs: ModelOutput;
}

/** Models whose predictors a thread keeps. */
const keptPredictors = 8;
const predictors = new Map<string, TreePredictor>();

/** Makes the operator of a model. */
export function makePredictOperator(spec: PredictSpec): Operator {
  const predictor = predictorOf(spec);
  return (batch) => {
    const values = featureValues(batch, spec, predictor);
    const sums = predictor.predict(values, batch.numRows);
    const { raw, probability } = scores(spec, sums, batch.numRows, offsetsOf(batch, spec));
    const leaves = spec.outputs.leafCol === null ? null : predictor.leaves(values, batch.numRows);
    const fields = outputFields({ ...spec, numTrees: spec.trees.numTrees });
    const columns = outputColumns(spec, { raw, probability, leaves, numRows: batch.numRows });
    return withColumns(
      batch,
      fields.map((field, i) => [field, columns[i] as Vector] as const),
    );
  };
}

function predictorOf(spec: PredictSpec): TreePredictor {
  const known = predictors.get(spec.modelId);
  if (known !== undefined) return known;
  const predictor = new TreePredictor(spec.trees, { numOutputs: numOutputsOf(spec) });
  predictors.set(spec.modelId, predictor);
  const oldest = predictors.keys().next().value;
  if (predictors.size > keptPredictors && oldest !== undefined) predictors.delete(oldest);
  return predictor;
}

function numOutputsOf(spec: PredictSpec): number {
  return spec.trees.numOutputs > 1 ? spec.trees.numOutputs : spec.baseScores.length;
}

/** The columns that some split uses, as numbers or as codes. */
export function featureValues(
  batch: RecordBatch,
  spec: Pick<PredictSpec, 'features' | 'paths'>,
  predictor: { readonly usedFeatures: readonly number[] },
): Map<number, FeatureValues> {
  const columns = new Map<number, FeatureValues>();
  for (const feature of predictor.usedFeatures) {
    const vector = columnOf(batch, spec.paths[feature] as readonly string[]);
    if (spec.features[feature]?.kind === 'category') {
      const codes = new Int32Array(batch.numRows);
      const values = encodeCategories(vector, codes, 0);
      columns.set(feature, { kind: 'category', codes, binOf: binsOf(spec, feature, values) });
    } else {
      const values = new Float64Array(batch.numRows);
      fillNumeric(vector, values, 0, spec.features[feature]?.name);
      columns.set(feature, { kind: 'numeric', values });
    }
  }
  return columns;
}

const positions = new WeakMap<readonly string[], Map<string, number>>();

function binsOf(
  spec: Pick<PredictSpec, 'features'>,
  feature: number,
  values: readonly string[],
): Int32Array {
  const categories = spec.features[feature]?.categories ?? [];
  let position = positions.get(categories);
  if (position === undefined) {
    position = new Map(categories.map((value, i) => [value, i]));
    positions.set(categories, position);
  }
  return Int32Array.from(values, (value) => position.get(value) ?? -1);
}

/** The margins that rows bring with them, as columns. */
function offsetsOf(batch: RecordBatch, spec: PredictSpec): Float64Array[] {
  return spec.offsets.map((path) => {
    const column = path[0] as string;
    const values = new Float64Array(batch.numRows);
    fillNumeric(columnOf(batch, path), values, 0, column);
    const row = values.findIndex((value) => !Number.isFinite(value));
    if (row >= 0) throw offsetInvalid(column, values[row], `in row ${row} of a partition`);
    return values;
  });
}

/** Raw scores and probabilities, row by row; no probabilities for a regressor. */
function scores(
  spec: PredictSpec,
  sums: Float64Array,
  numRows: number,
  offsets: readonly Float64Array[],
): { raw: Float64Array; probability: Float64Array | null } {
  const numOutputs = numOutputsOf(spec);
  const { numTrees } = spec.trees;
  const base = spec.baseScores;
  if (spec.link === 'mean') {
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) / numTrees;
    return { raw: sums, probability: null };
  }
  if (spec.link === 'share') return { raw: sums, probability: shares(sums, numOutputs, numRows) };
  for (let i = 0; i < sums.length; i++)
    sums[i] = (sums[i] as number) + (base[i % numOutputs] as number);
  offsets.forEach((values, k) => {
    for (let i = 0; i < numRows; i++) {
      const at = i * numOutputs + k;
      sums[at] = (sums[at] as number) + (values[i] as number);
    }
  });
  if (spec.link === 'exp') for (let i = 0; i < sums.length; i++) sums[i] = exp(sums[i] as number);
  if (spec.link === 'identity' || spec.link === 'exp') return { raw: sums, probability: null };
  return spec.link === 'logistic'
    ? logisticScores(sums)
    : { raw: sums, probability: softmax(sums, numOutputs, numRows) };
}

/** raw [−F, F], probability [1 − p, p]. */
function logisticScores(margins: Float64Array): { raw: Float64Array; probability: Float64Array } {
  const raw = new Float64Array(new SharedArrayBuffer(margins.length * 16));
  const probability = new Float64Array(new SharedArrayBuffer(margins.length * 16));
  for (let i = 0; i < margins.length; i++) {
    const margin = margins[i] as number;
    raw[2 * i] = -margin;
    raw[2 * i + 1] = margin;
    probability[2 * i] = logistic(-margin);
    probability[2 * i + 1] = logistic(margin);
  }
  return { raw, probability };
}

function softmax(raw: Float64Array, numClasses: number, numRows: number): Float64Array {
  const probability = new Float64Array(new SharedArrayBuffer(raw.length * 8));
  for (let i = 0; i < numRows; i++) {
    const at = i * numClasses;
    let top = raw[at] as number;
    for (let k = 1; k < numClasses; k++) top = Math.max(top, raw[at + k] as number);
    let total = 0;
    for (let k = 0; k < numClasses; k++) {
      const e = exp((raw[at + k] as number) - top);
      probability[at + k] = e;
      total += e;
    }
    for (let k = 0; k < numClasses; k++)
      probability[at + k] = (probability[at + k] as number) / total;
  }
  return probability;
}

function shares(raw: Float64Array, numClasses: number, numRows: number): Float64Array {
  const probability = new Float64Array(new SharedArrayBuffer(raw.length * 8));
  for (let i = 0; i < numRows; i++) {
    const at = i * numClasses;
    let total = 0;
    for (let k = 0; k < numClasses; k++) total += raw[at + k] as number;
    for (let k = 0; k < numClasses; k++) {
      probability[at + k] = total > 0 ? (raw[at + k] as number) / total : 1 / numClasses;
    }
  }
  return probability;
}
