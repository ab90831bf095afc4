/** Makes level-one columns of what one member's model has written into a batch. */
import { Field, Float64, type RecordBatch } from 'apache-arrow';
import { log } from '../../base/portable-math.ts';
import { columnNamed, readVectors, type VectorValues } from '../../evaluation/read-columns.ts';
import { type LabelValue, labelKey, readLabels } from '../../pipeline/label-values.ts';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';

/** What is taken of a member. */
export type Take = 'probability' | 'margin' | 'vote' | 'value';

/** What the operator is told. */
export interface LevelOneSpec extends OperatorSpec {
  readonly kind: 'stacking.levelOne';
  readonly source: string;
  readonly take: Take;
  readonly columns: readonly string[];
  readonly logit: boolean;
  /** The classes of the whole data. */
  readonly classes: readonly LabelValue[];
  /** The classes that the member's model knows, in the order of its scores. */
  readonly own: readonly LabelValue[];
}

/** Probabilities are kept this far from 0 and 1 before the logit, ±13.8. */
export const leastProbability = 2 ** -20;

/** The batch with the columns. */
export function levelOneBatch(spec: LevelOneSpec, batch: RecordBatch): RecordBatch {
  const { columns } = spec;
  const made = columns.map(() => columnArray(Float64Array, batch.numRows));
  if (spec.take === 'value') copyValues(readVectors(batch, spec.source), made);
  else if (spec.take === 'vote') countVotes(spec, batch, made);
  else copyScores(spec, readVectors(batch, spec.source), made);
  if (spec.logit && spec.take === 'probability') for (const values of made) toLogits(values);
  return withColumns(
    batch,
    columns.map((name, i) => [
      new Field(name, new Float64(), false),
      float64Column(made[i] as Float64Array),
    ]),
  );
}

function copyValues({ values, width }: VectorValues, made: readonly Float64Array[]): void {
  for (const [i, out] of made.entries())
    for (let row = 0; row < out.length; row++) out[row] = values[row * width + i] as number;
}

function countVotes(spec: LevelOneSpec, batch: RecordBatch, made: readonly Float64Array[]): void {
  const { codes, values } = readLabels(columnNamed(batch, spec.source), 'prediction', spec.source);
  const wanted = spec.classes.map(labelKey);
  const places = values.map((value) => wanted.indexOf(labelKey(value)));
  const first = firstClass(spec);
  for (let row = 0; row < codes.length; row++) {
    const out = made[(places[codes[row] as number] as number) - first];
    if (out !== undefined) out[row] = 1;
  }
}

/** A class that the model has not seen has no probability, and the lowest of the row's margins. */
function copyScores(
  spec: LevelOneSpec,
  { values, width }: VectorValues,
  made: readonly Float64Array[],
): void {
  const first = firstClass(spec);
  const own = spec.own.map(labelKey);
  for (const [i, out] of made.entries()) {
    const at = own.indexOf(labelKey(spec.classes[i + first] as LabelValue));
    for (let row = 0; row < out.length; row++) {
      if (at >= 0) out[row] = values[row * width + at] as number;
      else if (spec.take === 'margin')
        out[row] = lowest(values.subarray(row * width, (row + 1) * width));
    }
  }
}

function lowest(values: Float64Array): number {
  return values.reduce((least, value) => Math.min(least, value));
}

/** Two classes have one column, the second's. */
function firstClass(spec: LevelOneSpec): number {
  return spec.classes.length === 2 ? 1 : 0;
}

function toLogits(values: Float64Array): void {
  for (let row = 0; row < values.length; row++) {
    const p = Math.min(1 - leastProbability, Math.max(leastProbability, values[row] as number));
    values[row] = log(p / (1 - p));
  }
}
