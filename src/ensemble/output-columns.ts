/**
 * The columns that a tree model adds, in Spark's order: rawPrediction, probability, prediction, leaf; then the
 * contributions. The prediction has the label's type; raw scores and probabilities are vectors with one value
 * a class, and the classes stand in the fields' metadata.
 */
import {
  Bool,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Schema,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  type Vector,
} from 'apache-arrow';
import {
  boolColumn,
  fixedSizeListColumn,
  fixedWidthColumn,
  float64Column,
  utf8ColumnOfCodes,
} from '../table/make-column.ts';
import { columnArray } from '../table/shared-buffer.ts';
import type { ClassValue } from '../training/messages.ts';
import type { TreeEnsemble } from '../tree/tree.ts';
import { type ContributionsShape, contributionsField } from './contributions-field.ts';

/** Names of the output columns; null where one is not wanted. */
export interface ModelOutput {
  readonly rawPredictionCol: string | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string;
  /** The quantiles that the prediction is a vector of; null where it is one value. */
  readonly quantiles: readonly number[] | null;
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

interface IntegerKind {
  readonly type: () => DataType;
  readonly make: (
    length: number,
  ) =>
    | Int8Array
    | Int16Array
    | Int32Array
    | BigInt64Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | BigUint64Array
    | Float32Array;
}

const integerKinds: Readonly<Record<string, IntegerKind>> = {
  tinyint: { type: () => new Int8(), make: (n) => columnArray(Int8Array, n) },
  smallint: { type: () => new Int16(), make: (n) => columnArray(Int16Array, n) },
  int: { type: () => new Int32(), make: (n) => columnArray(Int32Array, n) },
  bigint: { type: () => new Int64(), make: (n) => columnArray(BigInt64Array, n) },
  utinyint: { type: () => new Uint8(), make: (n) => columnArray(Uint8Array, n) },
  usmallint: { type: () => new Uint16(), make: (n) => columnArray(Uint16Array, n) },
  uint: { type: () => new Uint32(), make: (n) => columnArray(Uint32Array, n) },
  ubigint: { type: () => new Uint64(), make: (n) => columnArray(BigUint64Array, n) },
  float: { type: () => new Float32(), make: (n) => columnArray(Float32Array, n) },
};

/** The Arrow type of a classifier's prediction. */
export function predictionType(labelType: string, classes: readonly ClassValue[]): DataType {
  if (classes.length === 0) return new Float64();
  if (typeof classes[0] === 'string') return new Utf8();
  if (typeof classes[0] === 'boolean') return new Bool();
  return integerKinds[labelType]?.type() ?? new Float64();
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
  const fields: Field[] = [];
  if (outputs.rawPredictionCol !== null)
    fields.push(vector(outputs.rawPredictionCol, classes.length));
  if (outputs.probabilityCol !== null) fields.push(vector(outputs.probabilityCol, classes.length));
  fields.push(
    outputs.quantiles === null
      ? new Field(outputs.predictionCol, predictionType(labelType, classes), true)
      : quantilesField(outputs.predictionCol, outputs.quantiles),
  );
  if (outputs.leafCol !== null) {
    const item = new Field('item', new Float64(), false);
    fields.push(new Field(outputs.leafCol, new FixedSizeList(shape.numTrees, item), true));
  }
  return fields;
}

/** A vector of one value a quantile; which they are stands in the field's metadata. */
function quantilesField(name: string, quantiles: readonly number[]): Field {
  const item = new Field('item', new Float64(), false);
  const metadata = new Map([['quantiles', JSON.stringify(quantiles)]]);
  return new Field(name, new FixedSizeList(quantiles.length, item), true, metadata);
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
    const width = classes.length;
    const { raw, probability } = scores;
    add(outputs.rawPredictionCol, () => fixedSizeListColumn(raw, width));
    add(outputs.probabilityCol, () => fixedSizeListColumn(probability ?? raw, width));
    add(outputs.predictionCol, () => {
      if (outputs.quantiles !== null) return fixedSizeListColumn(raw, outputs.quantiles.length);
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

/** The class of the largest p, or of the largest p / t; the first of equals. */
export function winners(
  probability: Float64Array,
  numClasses: number,
  thresholds: readonly number[] | null,
): Int32Array {
  const codes = new Int32Array(probability.length / Math.max(1, numClasses));
  for (let i = 0; i < codes.length; i++) {
    codes[i] = winnerAt(probability, i * numClasses, numClasses, thresholds);
  }
  return codes;
}

/** The same for one row, whose probabilities begin at a place. */
export function winnerAt(
  probability: Float64Array,
  first: number,
  numClasses: number,
  thresholds: readonly number[] | null,
): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < numClasses; k++) {
    const p = probability[first + k] as number;
    const value = thresholds === null ? p : scaled(p, thresholds[k] as number);
    if (value > bestValue) {
      best = k;
      bestValue = value;
    }
  }
  return best;
}

function scaled(p: number, threshold: number): number {
  if (threshold === 0) return p > 0 ? Number.POSITIVE_INFINITY : 0;
  return p / threshold;
}

/** The column of predicted classes, of the type of the label. */
export function classColumn(
  codes: Int32Array,
  classes: readonly ClassValue[],
  labelType: string,
): Vector {
  if (typeof classes[0] === 'string') return utf8ColumnOfCodes(codes, classes as readonly string[]);
  if (typeof classes[0] === 'boolean') {
    return boolColumn(Uint8Array.from(codes, (code) => (classes[code] === true ? 1 : 0)));
  }
  const kind = integerKinds[labelType];
  if (kind === undefined) {
    const values = columnArray(Float64Array, codes.length);
    for (let i = 0; i < codes.length; i++) values[i] = classes[codes[i] as number] as number;
    return float64Column(values);
  }
  const values = kind.make(codes.length);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const wide = classes.map((value) => BigInt(value));
    for (let i = 0; i < codes.length; i++) values[i] = wide[codes[i] as number] as bigint;
  } else {
    for (let i = 0; i < codes.length; i++) values[i] = classes[codes[i] as number] as number;
  }
  return fixedWidthColumn(kind.type(), values);
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
