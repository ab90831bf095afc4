/**
 * Treatment and outcome as one class: untreated without and with the outcome 0 and 1, treated 2 and 3, then those of further
 * treatments. Executor: adds them as a column, which a forest of classes learns from.
 */
import { Field, Float64, type RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { readArms } from '../../pipeline/read-arms.ts';
import { columnOf, fillNumeric } from '../../table/columns/column-values.ts';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import type { OperatorContext } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';

/** What the operator is told. */
export interface TreatedOutcomesSpec extends OperatorSpec {
  readonly kind: 'ensemble.treatedOutcomes';
  readonly owner: string;
  readonly labelCol: string;
  readonly treatmentCol: string;
  readonly weightCol: string | null;
  /** The values of the untreated rows and of each treatment; null where these are 0 and 1. */
  readonly arms: readonly string[] | null;
  /** The column that is added. */
  readonly output: string;
}

/**
 * Adds the classes to one batch; rows of weight 0 may hold anything.
 *
 * @throws CoppiceError `LABEL_INVALID`
 */
export async function treatedOutcomes(
  { owner, labelCol, treatmentCol, weightCol, arms, output }: TreatedOutcomesSpec,
  batch: RecordBatch,
  { partition }: Pick<OperatorContext, 'partition'>,
): Promise<RecordBatch> {
  const read = (name: string): Float64Array => {
    const values = new Float64Array(batch.numRows);
    fillNumeric(columnOf(batch, [name]), values, 0, name);
    return values;
  };
  const weights = weightCol === null ? null : read(weightCol);
  const flags = (column: string, remedy = ''): Float64Array => {
    const values = read(column);
    const row = values.findIndex((value, i) => value !== 0 && value !== 1 && weights?.[i] !== 0);
    if (row < 0) return values;
    const got = values[row] as number;
    throw new CoppiceError(
      'LABEL_INVALID',
      `${column} (of ${owner}) must be 0 or 1, or false or true, in every row; got ${Number.isNaN(got) ? 'null or NaN' : got} in row ${row} of partition ${partition}${remedy}`,
      { context: { owner, column, partition, row } },
    );
  };
  const outcomes = flags(labelCol);
  const treatments =
    arms === null
      ? flags(treatmentCol, ': several treatments are named by treatments')
      : readArms(columnOf(batch, [treatmentCol]), arms, {
          ...{ owner, column: treatmentCol, partition, weights },
        });
  const classes = new Float64Array(batch.numRows);
  for (let row = 0; row < batch.numRows; row++) {
    if (weights?.[row] === 0) continue;
    classes[row] = 2 * (treatments[row] as number) + (outcomes[row] as number);
  }
  return withColumns(batch, [[new Field(output, new Float64(), false), float64Column(classes)]]);
}
