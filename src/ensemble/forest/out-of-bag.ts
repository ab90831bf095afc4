/**
 * How good is a forest on rows that its trees have not seen? Each row of the training table is predicted by the
 * trees whose bootstrap left it out (L. Breiman, "Out-of-bag estimation", 1996). Driver: sends the trees through
 * the table once, gathers what came back, scores it with exact sums. Cost: one prediction of the training table.
 */

import { type Data, Int64, type RecordBatch, Schema, Vector } from 'apache-arrow';
import {
  columnOf,
  encodeCategories,
  numericValues,
  roundedValues,
} from '../../table/columns/column-values.ts';
import {
  batchOfColumns,
  fixedSizeListColumn,
  fixedWidthColumn,
  float64Column,
  int32Column,
} from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import { concatBatches } from '../../table/concat-rows.ts';
import { tableFromBatch } from '../../table/create-table.ts';
import type { PartitionedTable, TableOptions } from '../../table/partitioned-table.ts';
import { positionsOf, takeData } from '../../table/take-rows.ts';
import type { RowSampling } from '../../training/messages.ts';
import { modelIdOf, sharedTrees } from '../model/shared-trees.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { batchScores } from '../prediction/batch-scores.ts';
import { featurePlaces } from '../prediction/feature-places.ts';
import { classColumn, winners } from '../prediction/output-columns.ts';
import { type OutOfBagSpec, outOfBagFields } from './out-of-bag-operator.ts';
import { OutOfBagScore } from './out-of-bag-score.ts';
import type { OutOfBagSummary } from './out-of-bag-summary.ts';

/** What is to be scored. */
export interface OutOfBagRequest {
  readonly data: TreeModelData;
  readonly seed: number;
  /** The number of the first tree, which its draws hang on. */
  readonly firstTree: number;
  readonly rows: RowSampling;
  /** One, or several numbers. */
  readonly labelCols: readonly string[];
  readonly weightCol: string | null;
  readonly idCol: string | null;
  readonly probabilityCol: string;
  readonly predictionCol: string;
  readonly thresholds: readonly number[] | null;
}

/** Predicts and scores the rows of the table that a forest was fitted on; null where every tree saw every row. */
export async function outOfBagSummary(
  request: OutOfBagRequest,
  table: PartitionedTable,
  options: TableOptions,
): Promise<OutOfBagSummary | null> {
  const { data, labelCols, weightCol, idCol, seed, firstTree, rows } = request;
  const { trees, sums } = outOfBagFields(data.trees.numOutputs);
  const places = featurePlaces(data);
  const spec: OutOfBagSpec = {
    kind: 'ensemble.outOfBag',
    writes: [trees.name, sums.name],
    usesPosition: true,
    modelId: modelIdOf(data.trees, 'outOfBag'),
    trees: sharedTrees(data.trees),
    ...places,
    reads: [...new Set([...places.reads, ...asList(idCol)])],
    ...{ seed, firstTree, rows, idCol },
  };
  const { fields, metadata } = table.schema;
  const walked = table.withOperator(spec, new Schema([...fields, trees, sums], metadata));
  const columns = [...labelCols, ...asList(weightCol), ...asList(idCol), trees.name, sums.name];
  const scores = labelCols.map(() => new OutOfBagScore(data.classes.length > 0));
  const batches: RecordBatch[] = [];
  let firstRow = 0;
  for await (const batch of walked.batches({ ...options, columns: [...new Set(columns)] })) {
    batches.push(predictedRows(request, batch, firstRow, scores));
    firstRow += batch.numRows;
  }
  const whole = concatBatches((batches[0] as RecordBatch).schema, batches);
  if (whole.numRows === 0) return null;
  const predictions = tableFromBatch(table.runner, whole);
  return { ...meanScore(scores), numRows: whole.numRows, predictions };
}

/** The means of what labels scored. */
function meanScore(scores: readonly OutOfBagScore[]): { score: number; loss: number } {
  const values = scores.map((score) => score.value());
  const mean = (of: (value: { score: number; loss: number }) => number): number =>
    values.reduce((sum, value) => sum + of(value), 0) / values.length;
  return { score: mean(({ score }) => score), loss: mean(({ loss }) => loss) };
}

function asList(name: string | null): string[] {
  return name === null ? [] : [name];
}

/** The rows of a batch that some tree has not seen, with what these trees say; they are added to the score. */
function predictedRows(
  request: OutOfBagRequest,
  batch: RecordBatch,
  firstRow: number,
  scores: readonly OutOfBagScore[],
): RecordBatch {
  const { data, labelCols, weightCol, idCol, probabilityCol, predictionCol } = request;
  const { classes, labelType } = data;
  const { numOutputs } = data.trees;
  const fields = outOfBagFields(numOutputs);
  const counts = numericValues(columnOf(batch, [fields.trees.name]));
  const sums = numericValues(columnOf(batch, [fields.sums.name]).getChildAt(0) as Vector);
  const weights = weightCol === null ? null : numericValues(columnOf(batch, [weightCol]));
  const mask = Uint8Array.from(counts, (count, i) => Number(count > 0 && weights?.[i] !== 0));
  const rows = positionsOf(mask);
  const numTrees = Int32Array.from(rows, (row) => counts[row] as number);
  const own = columnArray(Float64Array, rows.length * numOutputs);
  rows.forEach((row, i) => {
    own.set(sums.subarray(row * numOutputs, (row + 1) * numOutputs), i * numOutputs);
  });
  const picked = labelCols.map((labelCol) => {
    const labels = labelsOf(data, columnOf(batch, [labelCol]));
    return {
      labels: Float64Array.from(rows, (row) => labels[row] as number),
      weights: weights === null ? null : Float64Array.from(rows, (row) => weights[row] as number),
    };
  });
  const outputs: (readonly [string, Vector])[] = [];
  if (classes.length === 0) {
    for (let i = 0; i < own.length; i++) {
      own[i] = (own[i] as number) / (numTrees[Math.floor(i / numOutputs)] as number);
    }
    picked.forEach((label, k) => {
      const predictions = Float64Array.from(rows, (_, i) => own[i * numOutputs + k] as number);
      scores[k]?.add({ ...label, predictions, codes: null });
    });
    const isVector = numOutputs > 1;
    const column = isVector ? fixedSizeListColumn(own, numOutputs) : float64Column(own);
    outputs.push([predictionCol, column]);
  } else {
    const rule = { link: 'share', numTrees: 1, baseScores: [], offsets: [] } as const;
    const probability = batchScores(rule, own, numOutputs).probability as Float64Array;
    const codes = winners(probability, numOutputs, request.thresholds);
    picked.forEach((label, k) => {
      scores[k]?.add({ ...label, predictions: probability, codes });
    });
    outputs.push([probabilityCol, fixedSizeListColumn(probability, numOutputs)]);
    outputs.push([predictionCol, classColumn(codes, classes, labelType)]);
  }
  const positions = columnArray(BigInt64Array, rows.length);
  rows.forEach((row, i) => {
    positions[i] = BigInt(firstRow + row);
  });
  const given = [...asList(idCol), ...labelCols, ...asList(weightCol)];
  const copied = [...new Set(given)].map((name) => {
    const column = columnOf(batch, [name]).data[0] as Data;
    return [name, new Vector([takeData(column, rows)])] as const;
  });
  const ids = [['rowId', fixedWidthColumn(new Int64(), positions)] as const];
  return batchOfColumns([
    ...(idCol === null ? ids : []),
    ...copied,
    ['numTrees', int32Column(numTrees)],
    ...outputs,
  ]);
}

/** Labels as numbers: their own, or positions among the classes. */
function labelsOf({ classes }: TreeModelData, column: Vector): Float64Array {
  if (classes.length === 0) return roundedValues(column);
  const positions = new Map(classes.map((value, k) => [String(value), k]));
  if (typeof classes[0] === 'number')
    return numericValues(column).map((value) => positions.get(String(value + 0)) ?? Number.NaN);
  const codes = new Int32Array(column.length);
  const places = encodeCategories(column, codes, 0).map((value) => positions.get(value));
  return Float64Array.from(codes, (code) => places[code] ?? Number.NaN);
}
