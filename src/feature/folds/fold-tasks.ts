/** What one partition contributes to the plan of folds (plan-folds.ts): its values, its groups' rows, its classes' draws. */
import { Field, Float64, type RecordBatch } from 'apache-arrow';
import { registerTask } from '../../cluster/task-runner.ts';
import type { PartitionTask } from '../../pipeline/gather-partitions.ts';
import { type LabelValue, readLabels } from '../../pipeline/label-values.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import { type OperatorContext, registerOperator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import { groupKeys } from './fold-keys.ts';
import { drawsOfRows, type FoldDraw } from './folds.ts';

registerTask(
  'feature.foldValues',
  async (task: PartitionTask<{ readonly column: string }>): Promise<readonly LabelValue[]> => {
    const { column } = task.request;
    const batch = await readPartition(task.partition, { columns: [column] });
    const { codes, values } = readLabels(columnOf(batch, [column]), 'fold', column);
    const used = new Set(codes);
    return values.filter((_, code) => used.has(code));
  },
);

/** Rows of each group. */
export interface GroupSizes {
  readonly keys: Uint32Array;
  readonly counts: Float64Array;
}

registerTask(
  'feature.groupSizes',
  async (task: PartitionTask<{ readonly column: string }>): Promise<GroupSizes> => {
    const { column } = task.request;
    const batch = await readPartition(task.partition, { columns: [column] });
    const sizes = new Map<number, number>();
    for (const key of groupKeys(batch, column)) sizes.set(key, (sizes.get(key) ?? 0) + 1);
    return { keys: Uint32Array.from(sizes.keys()), counts: Float64Array.from(sizes.values()) };
  },
);

/** The column of draws. */
export const drawColumn = '__draw';

/** Adds it. */
export interface DrawsSpec extends OperatorSpec {
  readonly draw: Pick<FoldDraw, 'seed' | 'idCol'>;
}

/** The draws of each class. */
export interface ClassDraws {
  readonly values: readonly LabelValue[];
  /** Ascending, of each value. */
  readonly draws: readonly Uint32Array[];
}

registerOperator<DrawsSpec>(
  'feature.draws',
  ({ draw }) =>
    (batch: RecordBatch, context: OperatorContext) => {
      const values = columnArray(Float64Array, batch.numRows);
      values.set(drawsOfRows(draw, batch, context.firstRow));
      return withColumns(batch, [
        [new Field(drawColumn, new Float64(), false), float64Column(values)],
      ]);
    },
);

registerTask(
  'feature.classDraws',
  async (task: PartitionTask<{ readonly column: string }>): Promise<ClassDraws> => {
    const { column } = task.request;
    const batch = await readPartition(task.partition, { columns: [column, drawColumn] });
    const { codes, values } = readLabels(columnOf(batch, [column]), 'label', column);
    const all = columnOf(batch, [drawColumn]).toArray() as Float64Array;
    const draws: number[][] = values.map(() => []);
    for (const [row, code] of codes.entries()) draws[code]?.push(all[row] as number);
    return { values, draws: draws.map((list) => Uint32Array.from(list)) };
  },
);
