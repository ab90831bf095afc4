/**
 * Level-one columns: what the members of an ensemble say about each row, as plain numbers that another estimator
 * can learn from. A probability gives one column a class (two classes: the second's), a margin likewise, a vote
 * 1 for the class that is predicted, a regressor its prediction.
 */
import { DataType, type Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { classesOf } from '../../evaluation/evaluators/evaluator.ts';
import { requireColumn } from '../../pipeline/check-schema.ts';
import type { LabelValue } from '../../pipeline/label-values.ts';
import type { Model } from '../../pipeline/model.ts';
import type { TransformOptions } from '../../pipeline/transformer.ts';
import { findField } from '../../table/columns/find-column.ts';
import { numericKind } from '../../table/columns/numeric-kind.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OutputNames } from '../column-names.ts';
import { withNumberFields } from '../number-fields.ts';
import type { LevelOneSpec, Take } from './level-one-operator.ts';
import type { LevelOnePlan, LevelOneRequest, MemberColumns } from './level-one-plan.ts';
import '../worker-operators.ts';

/**
 * What to take of a member.
 *
 * @param scored the schema of a table that its model has transformed
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`
 */
export function memberColumns(
  owner: string,
  member: { readonly name: string; readonly outputs: OutputNames },
  scored: Schema,
  request: LevelOneRequest,
): MemberColumns {
  const { name, outputs } = member;
  const { source, take } = chosen(owner, member, scored, request);
  const field = requireColumn(owner, 'predictionCol', source, scored);
  if (take === 'value') {
    const type = field.type as DataType;
    const width = DataType.isFixedSizeList(type) ? type.listSize : 1;
    const isNumber = numericKind(DataType.isFixedSizeList(type) ? type.valueType : type) !== null;
    if (!isNumber) throw notNumeric(owner, name, outputs.predictionCol);
    const columns = Array.from({ length: width }, (_, i) => (width === 1 ? name : `${name}_${i}`));
    return { name, source, take, columns };
  }
  return { name, source, take, columns: classColumns(name, request.classes ?? []) };
}

/** Whether what scored a table said classes: their probabilities or margins know which. */
export function scoresClasses(
  schema: Schema,
  scored: Schema,
  { probabilityCol, rawPredictionCol }: OutputNames,
): boolean {
  return [probabilityCol, rawPredictionCol].some(
    (column) =>
      findField(schema, column) === undefined &&
      findField(scored, column) !== undefined &&
      classesOf(scored, column) !== null,
  );
}

/** Names of one column a class; two classes have one column. */
function classColumns(name: string, classes: readonly LabelValue[]): string[] {
  return classes.length < 3 ? [name] : classes.map((value) => `${name}_${String(value)}`);
}

function chosen(
  owner: string,
  { name, outputs }: { readonly name: string; readonly outputs: OutputNames },
  scored: Schema,
  { baseOutput, classes }: LevelOneRequest,
): { source: string; take: Take } {
  const { probabilityCol, rawPredictionCol, predictionCol } = outputs;
  const knows = (column: string): boolean =>
    findField(scored, column) !== undefined && classesOf(scored, column) !== null;
  if (classes === null) return { source: predictionCol, take: 'value' };
  const isClassifier = knows(probabilityCol) || knows(rawPredictionCol);
  const wants = (kind: string): boolean => baseOutput === kind || baseOutput === 'auto';
  if (wants('probability') && knows(probabilityCol))
    return { source: probabilityCol, take: 'probability' };
  if (wants('margin') && knows(rawPredictionCol))
    return { source: rawPredictionCol, take: 'margin' };
  if (wants('prediction') || !isClassifier)
    return { source: predictionCol, take: isClassifier ? 'vote' : 'value' };
  const column = baseOutput === 'probability' ? probabilityCol : rawPredictionCol;
  throw new CoppiceError(
    'COLUMN_NOT_FOUND',
    `the model ${name} of ${owner} must give the column ${column} with its classes for baseOutput '${baseOutput}'; it does not: use 'auto'`,
    { context: { owner, column } },
  );
}

function notNumeric(owner: string, name: string, column: string): CoppiceError {
  return new CoppiceError(
    'COLUMN_TYPE',
    `column ${column} of the model ${name} of ${owner} must be a number; it is a class: use a regressor`,
    { context: { owner, column } },
  );
}

/** Every level-one column, member by member. */
export function levelOneColumns(plan: Pick<LevelOnePlan, 'members'>): string[] {
  return plan.members.flatMap((member) => member.columns);
}

/** The table with one member's columns; what its model added besides is left out again. */
export async function withMember(
  table: PartitionedTable,
  model: Model,
  of: { readonly member: MemberColumns; readonly plan: LevelOnePlan },
  options: TransformOptions = {},
): Promise<PartitionedTable> {
  const scored = await model.transform(table, options);
  const { member, plan } = of;
  const { source, take, columns } = member;
  const spec: LevelOneSpec = {
    kind: 'stacking.levelOne',
    reads: [source],
    writes: columns,
    ...{ source, take, columns, logit: plan.logit },
    classes: plan.classes ?? [],
    own: classesOf(scored.schema, source) ?? [],
  };
  const schema = withNumberFields(scored.schema, columns);
  return scored.withOperator(spec, schema).select(...table.columns, ...columns);
}
