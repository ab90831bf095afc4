/**
 * The weights of rows while AdaBoost goes on. Executor: `stacking.boostLoss` adds up, exactly, the weights of a
 * partition's rows and of their losses; the operator `stacking.reweigh` makes the next weights. Driver: merges the
 * sums and rounds once. So the weights are the same on any topology.
 */
import { Field, Float64, type RecordBatch, type Schema } from 'apache-arrow';
import { ExactSum } from '../../base/exact-sum.ts';
import { exp } from '../../base/portable-math.ts';
import { registerTask } from '../../cluster/task-runner.ts';
import { columnNamed, readFinite, readWeights } from '../../evaluation/read-columns.ts';
import { gatherPartitions, type PartitionTask } from '../../pipeline/gather-partitions.ts';
import { labelKey, readLabels } from '../../pipeline/label-values.ts';
import { float64Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import { readPartition } from '../../table/plan/read-partition.ts';
import { withNumberFields } from '../number-fields.ts';

/** The column that holds the weights between rounds. */
export const boostColumn = '__boostWeight';

/** How far off a prediction is: wrong or right, or by how much of the largest error. */
export type BoostLoss = 'wrong' | 'linear' | 'square' | 'exponential';

/** What is compared. */
export interface BoostColumns {
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly loss: BoostLoss;
  /** The largest error of any row; numbers only. */
  readonly largest: number;
}

interface LossPart {
  readonly total: BigInt64Array;
  readonly lost: BigInt64Array;
  readonly numRows: number;
  readonly largest: number;
}

/** Sums over all rows. */
export interface LossSums {
  readonly total: number;
  readonly lost: number;
  readonly numRows: number;
  readonly largest: number;
}

/** The table with weights to begin with: the user's, or 1. */
export function withFirstWeights(
  table: PartitionedTable,
  weightCol: string | null,
): PartitionedTable {
  const spec: FirstWeightsSpec = {
    kind: 'stacking.firstWeights',
    reads: weightCol === null ? [] : [weightCol],
    writes: [boostColumn],
    weightCol,
  };
  return table.withOperator(spec, schemaWithWeights(table.schema));
}

/** The schema of the table with weights. */
export function schemaWithWeights(schema: Schema): Schema {
  return withNumberFields(schema, [boostColumn]);
}

/** The sums of one round; the table has the predictions. */
export async function lossSums(
  scored: PartitionedTable,
  columns: BoostColumns,
  signal: AbortSignal | undefined,
): Promise<LossSums> {
  const total = new ExactSum();
  const lost = new ExactSum();
  let numRows = 0;
  let largest = 0;
  const parts = gatherPartitions<LossPart>(scored, 'stacking.boostLoss', columns, { signal });
  for await (const part of parts) {
    total.merge(ExactSum.fromWords(part.total));
    lost.merge(ExactSum.fromWords(part.lost));
    numRows += part.numRows;
    largest = Math.max(largest, part.largest);
  }
  return { total: total.value(), lost: lost.value(), numRows, largest };
}

registerTask(
  'stacking.boostLoss',
  async ({ partition, request }: PartitionTask<BoostColumns>): Promise<LossPart> => {
    const { labelCol, predictionCol } = request;
    const batch = await readPartition(partition, {
      columns: [labelCol, predictionCol, boostColumn],
    });
    const weights = readWeights(batch, boostColumn) as Float64Array;
    const losses = lossesOf(request, batch);
    const total = new ExactSum();
    const lost = new ExactSum();
    let largest = 0;
    for (let row = 0; row < weights.length; row++) {
      const weight = weights[row] as number;
      if (weight === 0) continue;
      total.add(weight);
      lost.add(weight * (losses[row] as number));
      largest = Math.max(largest, losses[row] as number);
    }
    return { total: total.toWords(), lost: lost.toWords(), numRows: batch.numRows, largest };
  },
);

/** What the operator of first weights is told. */
export interface FirstWeightsSpec extends OperatorSpec {
  readonly kind: 'stacking.firstWeights';
  readonly weightCol: string | null;
}

/** What the operator of next weights is told. */
export interface ReweighSpec extends OperatorSpec {
  readonly kind: 'stacking.reweigh';
  readonly columns: BoostColumns;
  /** Weights are multiplied by e^(exponent · loss + shift). */
  readonly exponent: number;
  readonly shift: number;
}

/** The table with its next weights. */
export function reweighed(
  scored: PartitionedTable,
  columns: BoostColumns,
  by: { readonly exponent: number; readonly shift: number },
): PartitionedTable {
  const spec: ReweighSpec = {
    kind: 'stacking.reweigh',
    reads: [columns.labelCol, columns.predictionCol, boostColumn],
    writes: [boostColumn],
    columns,
    ...by,
  };
  return scored.withOperator(spec, scored.schema);
}

/** The batch with first weights. */
export function firstWeightsBatch(
  { weightCol }: FirstWeightsSpec,
  batch: RecordBatch,
): RecordBatch {
  const values = columnArray(Float64Array, batch.numRows);
  const given = readWeights(batch, weightCol);
  if (given === null) values.fill(1);
  else values.set(given);
  return withColumns(batch, [
    [new Field(boostColumn, new Float64(), false), float64Column(values)],
  ]);
}

/** The batch with its next weights. */
export function reweighBatch(
  { columns, exponent, shift }: ReweighSpec,
  batch: RecordBatch,
): RecordBatch {
  const weights = readWeights(batch, boostColumn) as Float64Array;
  const losses = lossesOf(columns, batch);
  const values = columnArray(Float64Array, batch.numRows);
  for (let row = 0; row < values.length; row++)
    values[row] = (weights[row] as number) * exp(exponent * (losses[row] as number) + shift);
  return withColumns(batch, [
    [new Field(boostColumn, new Float64(), false), float64Column(values)],
  ]);
}

/** The loss of each row: 1 where the class is wrong; a share of the largest error; the error itself before that is known. */
function lossesOf(
  { labelCol, predictionCol, loss, largest }: BoostColumns,
  batch: RecordBatch,
): Float64Array {
  const losses = new Float64Array(batch.numRows);
  if (loss === 'wrong') {
    const truth = readLabels(columnNamed(batch, labelCol), 'label', labelCol);
    const guess = readLabels(columnNamed(batch, predictionCol), 'prediction', predictionCol);
    const keys = truth.values.map(labelKey);
    const guessed = guess.values.map((value) => keys.indexOf(labelKey(value)));
    for (let row = 0; row < losses.length; row++)
      losses[row] = guessed[guess.codes[row] as number] === truth.codes[row] ? 0 : 1;
    return losses;
  }
  const truth = readFinite(batch, labelCol, 'LABEL_INVALID');
  const guess = readFinite(batch, predictionCol, 'DATA_INVALID');
  for (let row = 0; row < losses.length; row++) {
    const error = Math.abs((truth[row] as number) - (guess[row] as number));
    const share = largest > 0 ? error / largest : error;
    if (largest === 0 || loss === 'linear') losses[row] = share;
    else losses[row] = loss === 'square' ? share * share : 1 - exp(-share);
  }
  return losses;
}
