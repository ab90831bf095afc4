/**
 * The columns that a tree model adds, in Spark's order: rawPrediction, probability, prediction, leaf; then the
 * contributions. The prediction has the label's type; raw scores and probabilities are vectors with one value
 * a class, and the classes stand in the fields' metadata.
 */
import { Field, FixedSizeList, Float64, Schema, type Vector } from 'apache-arrow';
import { classColumn, predictionType, winners } from '../../pipeline/class-columns.ts';
import { fixedSizeListColumn, float64Column } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { ClassValue } from '../../training/messages.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { flagOf } from './batch-scores.ts';
import { type ContributionsShape, contributionsField } from './contributions-field.ts';

export { classColumn, winners };

/** Names of the output columns; null where one is not wanted. */
export interface ModelOutput {
  readonly rawPredictionCol: string | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string;
  /** The quantiles that the prediction is a vector of; null where it is one value. */
  readonly quantiles: readonly number[] | null;
  /** The labels that the prediction is a vector of; null or left out where it is one value. */
  readonly labels?: readonly string[] | null;
  /** The key of the field's metadata under which they stand; `labels` where it is left out. */
  readonly labelsKey?: 'treatments';
  /** What the field's metadata tell of predicted hazards, times and uplifts to who measures them or makes curves of them. */
  readonly told?: Readonly<Record<string, string>> | undefined;
  readonly leafCol: string | null;
  readonly contributionsCol: string | null;
}

/** What describes the columns. */
export interface OutputShape {
  readonly outputs: ModelOutput;
  readonly classes: readonly ClassValue[];
  readonly labelType: string;
  readonly numTrees: number;
  /** What contributions are about; before the fit it is not known. */
  readonly contributions?: ContributionsShape | undefined;
}

/** What was computed of a batch; null what nobody reads. */
export interface BatchScores {
  readonly scores: { readonly raw: Float64Array; readonly probability: Float64Array | null } | null;
  /** Node of each row, tree by tree. */
  readonly leaves: Uint32Array | null;
  readonly numRows: number;
}

/** The fields that prediction adds, in order. */
export function outputFields(shape: OutputShape): Field[] {
  const { outputs, classes, labelType } = shape;
  const metadata = new Map([['classes', JSON.stringify(classes)]]);
  const vector = (name: string, width: number): Field =>
    new Field(
      name,
      new FixedSizeList(width, new Field('item', new Float64(), false)),
      true,
      metadata,
    );
  const { predictionCol, quantiles, labels = null, labelsKey = 'labels', told } = outputs;
  const fields: Field[] = [];
  for (const name of [outputs.rawPredictionCol, outputs.probabilityCol]) {
    if (name === null) continue;
    fields.push(
      labels === null ? vector(name, classes.length) : valuesField(name, 'labels', labels),
    );
  }
  if (quantiles !== null) fields.push(valuesField(predictionCol, 'quantiles', quantiles));
  else if (labels !== null) fields.push(valuesField(predictionCol, labelsKey, labels, told));
  else {
    const more = told === undefined ? undefined : new Map(Object.entries(told));
    fields.push(new Field(predictionCol, predictionType(labelType, classes), true, more));
  }
  if (outputs.leafCol !== null) {
    const item = new Field('item', new Float64(), false);
    fields.push(new Field(outputs.leafCol, new FixedSizeList(shape.numTrees, item), true));
  }
  return fields;
}

/** A vector of one value a quantile or label; which they are stands in the field's metadata. */
function valuesField(
  name: string,
  key: string,
  of: readonly (number | string)[],
  told: Readonly<Record<string, string>> = {},
): Field {
  const item = new Field('item', new Float64(), false);
  const metadata = new Map([[key, JSON.stringify(of)], ...Object.entries(told)]);
  return new Field(name, new FixedSizeList(of.length, item), true, metadata);
}

/** The schema with the model's columns behind the table's. */
export function schemaWithOutputs(schema: Schema, shape: OutputShape): Schema {
  const { contributionsCol } = shape.outputs;
  const { contributions = { features: [], numOutputs: 1, outputs: [] } } = shape;
  const last =
    contributionsCol === null ? [] : [contributionsField(contributionsCol, contributions)];
  return new Schema([...schema.fields, ...outputFields(shape), ...last], schema.metadata);
}

/** The columns of a batch, those that somebody reads. */
export function outputColumns(
  spec: Omit<OutputShape, 'numTrees'> & {
    readonly trees: TreeEnsemble;
    readonly thresholds: readonly number[] | null;
  },
  { scores, leaves, numRows }: BatchScores,
  isRead: (name: string) => boolean,
): (readonly [Field, Vector])[] {
  const { outputs, classes, trees } = spec;
  const shape = { ...spec, numTrees: trees.numTrees };
  const fields = new Map(outputFields(shape).map((field) => [field.name, field]));
  const added: [Field, Vector][] = [];
  const add = (name: string | null, make: () => Vector): void => {
    const field = name === null ? undefined : fields.get(name);
    if (field !== undefined && isRead(field.name)) added.push([field, make()]);
  };
  if (scores !== null) {
    const { labels = null } = outputs;
    const width = labels?.length ?? classes.length;
    const { raw, probability } = scores;
    add(outputs.rawPredictionCol, () => fixedSizeListColumn(raw, width));
    add(outputs.probabilityCol, () => fixedSizeListColumn(probability ?? raw, width));
    add(outputs.predictionCol, () => {
      if (labels !== null && probability !== null) {
        return fixedSizeListColumn(flagsOf(raw, labels.length, spec.thresholds), width);
      }
      const values = outputs.quantiles ?? labels;
      if (values !== null) return fixedSizeListColumn(raw, values.length);
      if (width === 0) return float64Column(raw);
      const codes = winners(probability ?? raw, width, spec.thresholds);
      return classColumn(codes, classes, spec.labelType);
    });
  }
  if (leaves !== null) {
    const numbers = (): Float64Array => leafNumbers(trees, leaves, numRows);
    add(outputs.leafCol, () => fixedSizeListColumn(numbers(), trees.numTrees));
  }
  return added;
}

/** 1 for each label that is more likely than not, or than its threshold. */
function flagsOf(
  margins: Float64Array,
  width: number,
  thresholds: readonly number[] | null,
): Float64Array {
  const out = columnArray(Float64Array, margins.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = flagOf(margins[i] as number, thresholds?.[i % width]);
  }
  return out;
}

/** Leaves of each tree numbered from the left, as Spark numbers them; row by row. */
function leafNumbers(trees: TreeEnsemble, nodes: Uint32Array, numRows: number): Float64Array {
  const out = columnArray(Float64Array, nodes.length);
  for (let t = 0; t < trees.numTrees; t++) {
    const numbers = numberLeaves(trees, t);
    for (let row = 0; row < numRows; row++) {
      out[row * trees.numTrees + t] = numbers[nodes[t * numRows + row] as number] as number;
    }
  }
  return out;
}

function numberLeaves(trees: TreeEnsemble, tree: number): Uint32Array {
  const start = trees.treeStart[tree] as number;
  const numbers = new Uint32Array((trees.treeStart[tree + 1] as number) - start);
  let next = 0;
  const open = [0];
  while (open.length > 0) {
    const node = open.pop() as number;
    const left = trees.leftChild[start + node] as number;
    if (left === 0) numbers[node] = next++;
    else open.push(left + 1, left);
  }
  return numbers;
}
