/** Parameters of calibration, and what both of its models share. */
import { DataType, type Field, type Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { classesOf } from '../../evaluation/evaluators/evaluator.ts';
import { column, numbers, oneOf } from '../../params/kinds.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import { isTimeType, numericKind } from '../../table/columns/numeric-kind.ts';

/** How scores become probabilities. */
export const methodParam = oneOf(['sigmoid', 'isotonic'], { default: 'sigmoid', since: '0.1.0' });

/** One threshold a class. */
export const thresholdsParam = numbers({ since: '0.1.0' });

/** The columns of scores, labels and weights. */
export const scoredColumnParams = {
  /** The column of scores: vectors of one a class, or numbers, the score of the second of two classes. */
  rawPredictionCol: column({ default: 'rawPrediction', since: '0.1.0' }),
  /** The column of labels. */
  labelCol: column({ default: 'label', since: '0.1.0' }),
  /** Weights of rows, at least 0; a row of weight 0 takes no part. */
  weightCol: column({ since: '0.1.0' }),
};

/** What is known of a column of scores from the schema alone. */
export interface ScoreColumn {
  /** Values of one row. */
  readonly width: number;
  /** The classes in the field's metadata; null where there are none. */
  readonly classes: readonly LabelValue[] | null;
}

/**
 * Looks at a column of scores.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function scoreColumn(owner: string, schema: Schema, name: string): ScoreColumn {
  const field = requireColumn(owner, 'rawPredictionCol', name, schema);
  const type = field.type as DataType;
  const isVector = DataType.isFixedSizeList(type) && numericKind(type.valueType) !== null;
  if (!isVector && !isPlainNumber(field)) {
    throw columnTypeError(owner, 'rawPredictionCol', field, 'a number or a vector of numbers');
  }
  return { width: isVector ? type.listSize : 1, classes: classesOf(schema, name) };
}

/**
 * Refuses scores and classes that do not belong together.
 *
 * @throws CoppiceError `SCHEMA_MISMATCH`
 */
export function checkWidth(
  owner: string,
  name: string,
  width: number,
  classes: readonly LabelValue[],
): void {
  if (width === classes.length || (width === 1 && classes.length === 2)) return;
  throw new CoppiceError(
    'SCHEMA_MISMATCH',
    `column ${name} of the table given to ${owner} must have one score a class; got ${width} for ${classes.length} classes`,
    { context: { owner, column: name } },
  );
}

function isPlainNumber(field: Field): boolean {
  const type = field.type as DataType;
  return numericKind(type) !== null && !isTimeType(type);
}
