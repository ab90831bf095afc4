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
import type { ClassValue } from '../training/messages.ts';
import type { TreeEnsemble } from '../tree/tree.ts';
import { type ContributionsShape, contributionsField } from './contributions-field.ts';

/** Names of the output columns; null where one is not wanted. */
export interface ModelOutput {
  readonly rawPredictionCol: string | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string;
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

/** Scores of a batch. */
export interface BatchScores {
  readonly raw: Float64Array;
  readonly probability: Float64Array | null;
  /** Node of each row, tree by tree. */
  readonly leaves: Uint32Array | null;
  readonly numRows: number;
}

interface IntegerKind {
  readonly type: DataType;
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

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

const integerKinds: Readonly<Record<string, IntegerKind>> = {
  tinyint: { type: new Int8(), make: (n) => new Int8Array(shared(n)) },
  smallint: { type: new Int16(), make: (n) => new Int16Array(shared(2 * n)) },
  int: { type: new Int32(), make: (n) => new Int32Array(shared(4 * n)) },
  bigint: { type: new Int64(), make: (n) => new BigInt64Array(shared(8 * n)) },
  utinyint: { type: new Uint8(), make: (n) => new Uint8Array(shared(n)) },
  usmallint: { type: new Uint16(), make: (n) => new Uint16Array(shared(2 * n)) },
  uint: { type: new Uint32(), make: (n) => new Uint32Array(shared(4 * n)) },
  ubigint: { type: new Uint64(), make: (n) => new BigUint64Array(shared(8 * n)) },
  float: { type: new Float32(), make: (n) => new Float32Array(shared(4 * n)) },
};

/** The Arrow type of a classifier's prediction. */
export function predictionType(labelType: string, classes: readonly ClassValue[]): DataType {
  if (classes.length === 0) return new Float64();
  if (typeof classes[0] === 'string') return new Utf8();
  if (typeof classes[0] === 'boolean') return new Bool();
  return integerKinds[labelType]?.type ?? new Float64();
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
  fields.push(new Field(outputs.predictionCol, predictionType(labelType, classes), true));
  if (outputs.leafCol !== null) {
    const item = new Field('item', new Float64(), false);
    fields.push(new Field(outputs.leafCol, new FixedSizeList(shape.numTrees, item), true));
  }
  return fields;
}

/** The schema with the model's columns behind the table's. */
export function schemaWithOutputs(schema: Schema, shape: OutputShape): Schema {
  const { contributionsCol } = shape.outputs;
  const { contributions = { features: [], numOutputs: 1, classes: [] } } = shape;
  const last =
    contributionsCol === null ? [] : [contributionsField(contributionsCol, contributions)];
  return new Schema([...schema.fields, ...outputFields(shape), ...last], schema.metadata);
}

/** The columns of a batch. */
export function outputColumns(
  spec: Omit<OutputShape, 'numTrees'> & {
    readonly trees: TreeEnsemble;
    readonly thresholds: readonly number[] | null;
  },
  scores: BatchScores,
): Vector[] {
  const { outputs, classes } = spec;
  const columns: Vector[] = [];
  if (classes.length === 0) {
    columns.push(float64Column(scores.raw));
  } else {
    const width = classes.length;
    const probability = scores.probability ?? scores.raw;
    if (outputs.rawPredictionCol !== null) {
      columns.push(fixedSizeListColumn(scores.raw, width));
    }
    if (outputs.probabilityCol !== null) {
      columns.push(fixedSizeListColumn(probability, width));
    }
    const codes = winners(probability, width, spec.thresholds);
    columns.push(classColumn(codes, classes, spec.labelType));
  }
  if (outputs.leafCol !== null && scores.leaves !== null) {
    const { trees } = spec;
    columns.push(
      fixedSizeListColumn(leafNumbers(trees, scores.leaves, scores.numRows), trees.numTrees),
    );
  }
  return columns;
}

/** The class of the largest p, or of the largest p / t; the first of equals. */
export function winners(
  probability: Float64Array,
  numClasses: number,
  thresholds: readonly number[] | null,
): Int32Array {
  const codes = new Int32Array(probability.length / Math.max(1, numClasses));
  for (let i = 0; i < codes.length; i++) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < numClasses; k++) {
      const p = probability[i * numClasses + k] as number;
      const value = thresholds === null ? p : scaled(p, thresholds[k] as number);
      if (value > bestValue) {
        best = k;
        bestValue = value;
      }
    }
    codes[i] = best;
  }
  return codes;
}

function scaled(p: number, threshold: number): number {
  if (threshold === 0) return p > 0 ? Number.POSITIVE_INFINITY : 0;
  return p / threshold;
}

function classColumn(codes: Int32Array, classes: readonly ClassValue[], labelType: string): Vector {
  if (typeof classes[0] === 'string') return utf8ColumnOfCodes(codes, classes as readonly string[]);
  if (typeof classes[0] === 'boolean') {
    return boolColumn(Uint8Array.from(codes, (code) => (classes[code] === true ? 1 : 0)));
  }
  const kind = integerKinds[labelType];
  if (kind === undefined) {
    const values = new Float64Array(shared(codes.length * 8));
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
  return fixedWidthColumn(kind.type, values);
}

/** Leaves of each tree numbered from the left, as Spark numbers them; row by row. */
function leafNumbers(trees: TreeEnsemble, nodes: Uint32Array, numRows: number): Float64Array {
  const out = new Float64Array(shared(nodes.length * 8));
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
