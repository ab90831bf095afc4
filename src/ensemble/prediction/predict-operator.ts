/**
 * Prediction of one partition in a worker thread: the batch's feature columns go to the predictor, what comes
 * back becomes the model's output columns, those that somebody reads. The predictor is made once a thread and
 * model.
 */

import type { RecordBatch } from 'apache-arrow';
import { type OffsetPaths, offsetInvalid } from '../../pipeline/offset-column.ts';
import { columnOf, fillNumeric } from '../../table/columns/column-values.ts';
import { withColumns } from '../../table/columns/make-column.ts';
import type { Operator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import type { ClassValue } from '../../training/messages.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { batchScores, type Link } from './batch-scores.ts';
import type { FeaturePlaces } from './feature-places.ts';
import { keptPredictor } from './kept-predictors.ts';
import { type ModelOutput, outputColumns } from './output-columns.ts';
import { featureWindows } from './read-features.ts';

export type { Link };

/** What the operator is told. */
export interface PredictSpec extends OperatorSpec, FeaturePlaces {
  readonly kind: 'ensemble.predictTrees';
  /** Names the model within this process; predictors are kept by it. */
  readonly modelId: string;
  readonly trees: TreeEnsemble;
  readonly baseScores: readonly number[];
  /** Where margins that are added to the scores lie, one path a score; none without. */
  readonly offsets: OffsetPaths;
  readonly link: Link;
  readonly classes: readonly ClassValue[];
  readonly labelType: string;
  readonly thresholds: readonly number[] | null;
  readonly outputs: ModelOutput;
}

/** Makes the operator of a model. */
export function makePredictOperator(spec: PredictSpec): Operator {
  const numOutputs = numOutputsOf(spec);
  const predictor = keptPredictor(spec.modelId, spec.trees, numOutputs);
  const { numTrees } = spec.trees;
  return (batch, { wanted }) => {
    const { numRows } = batch;
    const isRead = (name: string | null): boolean => name !== null && wanted.has(name);
    const { leafCol, rawPredictionCol, probabilityCol, predictionCol } = spec.outputs;
    const sums = [rawPredictionCol, probabilityCol, predictionCol].some(isRead)
      ? new Float64Array(numRows * numOutputs)
      : null;
    const leaves = isRead(leafCol) ? new Uint32Array(numRows * numTrees) : null;
    for (const part of featureWindows(batch, spec, predictor.usedFeatures)) {
      if (sums !== null) predictor.predictInto(part.columns, part.numRows, sums, part.firstRow);
      if (leaves !== null) predictor.leavesInto(part.columns, part.numRows, leaves, part.firstRow);
    }
    const rule = {
      ...{ ...spec, numTrees, offsets: sums === null ? [] : offsetsOf(batch, spec) },
      skipsRaw: !isRead(rawPredictionCol),
    };
    const scores = sums === null ? null : batchScores(rule, sums, numOutputs);
    return withColumns(batch, outputColumns(spec, { scores, leaves, numRows }, isRead));
  };
}

function numOutputsOf(spec: PredictSpec): number {
  return spec.trees.numOutputs > 1 ? spec.trees.numOutputs : spec.baseScores.length;
}

/** The margins that rows bring with them, as columns. */
function offsetsOf(batch: RecordBatch, spec: PredictSpec): Float64Array[] {
  return spec.offsets.map((path) => {
    const column = path[0] as string;
    const values = new Float64Array(batch.numRows);
    fillNumeric(columnOf(batch, path), values, 0, column);
    const row = values.findIndex((value) => !Number.isFinite(value));
    if (row >= 0) throw offsetInvalid(column, values[row], `in row ${row} of a partition`);
    return values;
  });
}
