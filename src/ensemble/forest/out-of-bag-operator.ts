/**
 * What do the trees say that have not seen a row? In a worker thread: draws again which trees each training row
 * was left out of (the draw hangs on seed, tree and row alone) and adds up the leaves of these, tree by tree, so a
 * row's sums are the same in any partition and thread.
 */

import { Field, FixedSizeList, Float64, Int32, type RecordBatch } from 'apache-arrow';
import { mix32, rowKey, rowKeyOfId } from '../../base/rng.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import { fixedSizeListColumn, int32Column, withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { Operator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import type { RowSampling } from '../../training/messages.ts';
import { bootstrapKey, drawThresholds } from '../../training/sampling/draw-thresholds.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { FeaturePlaces } from '../prediction/feature-places.ts';
import { keptPredictor } from '../prediction/kept-predictors.ts';
import { featureWindows } from '../prediction/read-features.ts';

/** What the operator is told. */
export interface OutOfBagSpec extends OperatorSpec, FeaturePlaces {
  readonly kind: 'ensemble.outOfBag';
  readonly modelId: string;
  readonly trees: TreeEnsemble;
  readonly seed: number;
  readonly firstTree: number;
  readonly rows: RowSampling;
  readonly idCol: string | null;
}

/** The columns that the operator adds: how many trees have not seen the row, and the sums of their leaves. */
export function outOfBagFields(numOutputs: number): { trees: Field; sums: Field } {
  const sums = new FixedSizeList(numOutputs, new Field('item', new Float64(), false));
  return {
    trees: new Field('coppice.outOfBag.trees', new Int32(), false),
    sums: new Field('coppice.outOfBag.sums', sums, false),
  };
}

/** Makes the operator of a fit. */
export function makeOutOfBagOperator(spec: OutOfBagSpec): Operator {
  const { trees, seed, firstTree } = spec;
  const { numTrees, numOutputs } = trees;
  const predictor = keptPredictor(spec.modelId, trees, numOutputs);
  const fields = outOfBagFields(numOutputs);
  const isDrawnFrom = drawThresholds(spec.rows)[0] as number;
  const treeKeys = Uint32Array.from({ length: numTrees }, (_, tree) =>
    bootstrapKey(seed, firstTree + tree),
  );
  return (batch, { firstRow }) => {
    const keys = keysOf(batch, spec.idCol, firstRow);
    const counts = columnArray(Int32Array, batch.numRows);
    const sums = columnArray(Float64Array, batch.numRows * numOutputs);
    for (const part of featureWindows(batch, spec, predictor.usedFeatures)) {
      const nodes = predictor.leaves(part.columns, part.numRows);
      for (let t = 0; t < numTrees; t++) {
        const key = treeKeys[t] as number;
        const start = trees.treeStart[t] as number;
        for (let i = 0; i < part.numRows; i++) {
          const row = part.firstRow + i;
          if (mix32((keys[row] as number) ^ key) >= isDrawnFrom) continue;
          counts[row] = (counts[row] as number) + 1;
          const from = (start + (nodes[t * part.numRows + i] as number)) * numOutputs;
          const to = row * numOutputs;
          for (let k = 0; k < numOutputs; k++) {
            sums[to + k] = (sums[to + k] as number) + (trees.value[from + k] as number);
          }
        }
      }
    }
    return withColumns(batch, [
      [fields.trees, int32Column(counts)],
      [fields.sums, fixedSizeListColumn(sums, numOutputs)],
    ]);
  };
}

function keysOf(batch: RecordBatch, idCol: string | null, firstRow: number): Uint32Array {
  if (idCol === null)
    return Uint32Array.from({ length: batch.numRows }, (_, i) => rowKey(firstRow + i));
  const ids = columnOf(batch, [idCol]);
  return Uint32Array.from({ length: batch.numRows }, (_, i) =>
    rowKeyOfId(ids.get(i) as bigint | number | string),
  );
}
