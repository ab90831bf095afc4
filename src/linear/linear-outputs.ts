/**
 * The columns that linear models add, in Spark's order: rawPrediction, probability, prediction. Two classes with
 * one margin m have raw scores [−m, m] and probabilities 1 / (1 + e^∓m); several margins and their softmax.
 */
import { Field, FixedSizeList, Float64, Schema, type Vector } from 'apache-arrow';
import { exp, logistic } from '../base/portable-math.ts';
import { classColumn, plannedClasses, predictionType, winners } from '../pipeline/class-columns.ts';
import { fixedSizeListColumn, float64Column } from '../table/columns/make-column.ts';
import { columnArray } from '../table/columns/shared-buffer.ts';
import type { ClassValue } from '../training/messages.ts';

/** Names of the columns; null where there is none. */
export interface LinearOutputs {
  readonly rawPredictionCol: string | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string;
}

/** What describes the columns. */
export interface LinearShape {
  readonly outputs: LinearOutputs;
  /** Ascending; empty for a number. */
  readonly classes: readonly ClassValue[];
  readonly labelType: string;
}

/** The fields, in order. */
export function linearFields({ outputs, classes, labelType }: LinearShape): Field[] {
  const metadata = new Map([['classes', JSON.stringify(classes)]]);
  const item = new Field('item', new Float64(), false);
  const vectors = [outputs.rawPredictionCol, outputs.probabilityCol]
    .filter((name) => name !== null)
    .map((name) => new Field(name, new FixedSizeList(classes.length, item), true, metadata));
  return [...vectors, new Field(outputs.predictionCol, predictionType(labelType, classes), true)];
}

/** The schema with the columns behind the table's. */
export function schemaWithLinear(schema: Schema, shape: LinearShape): Schema {
  return new Schema([...schema.fields, ...linearFields(shape)], schema.metadata);
}

/** The schema that a classifier plans before it has seen the classes; widths are not known. */
export function plannedLinearSchema(schema: Schema, shape: Omit<LinearShape, 'classes'>): Schema {
  return schemaWithLinear(schema, { ...shape, classes: plannedClasses(shape.labelType, 2) });
}

/** The columns of a batch, from its margins (output by output). */
export function linearColumnsOf(
  shape: LinearShape & { readonly thresholds: readonly number[] | null },
  margins: readonly Float64Array[],
  isRead: (name: string) => boolean,
): (readonly [Field, Vector])[] {
  const { outputs, classes, labelType, thresholds } = shape;
  const numRows = margins[0]?.length ?? 0;
  const added: [Field, Vector][] = [];
  const fields = new Map(linearFields(shape).map((field) => [field.name, field]));
  const add = (name: string | null, make: () => Vector): void => {
    const field = name === null ? undefined : fields.get(name);
    if (field !== undefined && isRead(field.name)) added.push([field, make()]);
  };
  if (classes.length === 0) {
    add(outputs.predictionCol, () => float64Column(margins[0] as Float64Array));
    return added;
  }
  const width = classes.length;
  const raw = columnArray(Float64Array, numRows * width);
  for (let i = 0; i < numRows; i++) {
    if (margins.length === 1)
      rawOfMargin((margins[0] as Float64Array)[i] as number, raw, i * width, width);
    else
      for (let k = 0; k < width; k++)
        raw[i * width + k] = (margins[k] as Float64Array)[i] as number;
  }
  const hasProbability = outputs.probabilityCol !== null;
  const probability = hasProbability ? columnArray(Float64Array, raw.length) : raw;
  if (hasProbability) {
    for (let at = 0; at < raw.length; at += width)
      probabilityAt(raw, probability, at, { width, isOne: margins.length === 1 });
  }
  add(outputs.rawPredictionCol, () => fixedSizeListColumn(raw, width));
  add(outputs.probabilityCol, () => fixedSizeListColumn(probability, width));
  add(outputs.predictionCol, () =>
    classColumn(winners(probability, width, thresholds), classes, labelType),
  );
  return added;
}

/** Raw scores of one margin: [−m, m], or [0] where there is one class. */
export function rawOfMargin(margin: number, raw: Float64Array, at: number, width: number): void {
  if (width === 1) raw[at] = 0;
  else {
    raw[at] = -margin;
    raw[at + 1] = margin;
  }
}

/** Probabilities of the raw scores of one row, which begin at a place. */
export function probabilityAt(
  raw: Float64Array,
  out: Float64Array,
  at: number,
  shape: { readonly width: number; readonly isOne: boolean },
): void {
  const { width, isOne } = shape;
  if (isOne && width === 2) {
    out[at] = logistic(raw[at] as number);
    out[at + 1] = logistic(raw[at + 1] as number);
    return;
  }
  let top = raw[at] as number;
  for (let k = 1; k < width; k++) top = Math.max(top, raw[at + k] as number);
  let total = 0;
  for (let k = 0; k < width; k++) {
    const e = exp((raw[at + k] as number) - top);
    out[at + k] = e;
    total += e;
  }
  for (let k = 0; k < width; k++) out[at + k] = (out[at + k] as number) / total;
}
