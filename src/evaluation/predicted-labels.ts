/** Are predictions something that labels can equal? If not, metrics would say that every row is wrong. */
import { DataType, type Schema, type Vector } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { columnTypeError, requireColumn } from '../pipeline/check-schema.ts';
import { isText, type LabelCodes, readLabels } from '../pipeline/label-values.ts';

/** A text equals no number. @throws CoppiceError `COLUMN_TYPE` */
export function checkPredictionKind(
  owner: string,
  schema: Schema,
  { labelCol, predictionCol }: { readonly labelCol: string; readonly predictionCol: string },
): void {
  const label = requireColumn(owner, 'labelCol', labelCol, schema);
  const { type } = requireColumn(owner, 'predictionCol', predictionCol, schema);
  if (DataType.isNull(type) || DataType.isNull(label.type)) return;
  if (isText(type) === isText(label.type)) return;
  const rule = `${kindName(isText(type))}, as column ${predictionCol} of predictions holds: cast one of them`;
  throw columnTypeError(owner, 'labelCol', label, rule);
}

/** For errors about a column of labels. */
export function kindName(hasTexts: boolean): string {
  return hasTexts ? 'text' : 'numbers or booleans';
}

/**
 * The predicted classes of a partition.
 *
 * @throws CoppiceError `DATA_INVALID` for a fraction where labels are of a type without them: it is a score
 */
export function predictedLabels(column: Vector, name: string, labelType: DataType): LabelCodes {
  const found = readLabels(column, 'prediction', name);
  if (!DataType.isInt(labelType) && !DataType.isBool(labelType)) return found;
  const score = found.values.find((value) => typeof value === 'number' && !Number.isInteger(value));
  if (score === undefined) return found;
  throw new CoppiceError(
    'DATA_INVALID',
    `prediction in column "${name}" must be a class, as the labels are; got ${score}: name scores by probabilityCol or rawPredictionCol (--probability on the command line)`,
    { context: { column: name } },
  );
}
