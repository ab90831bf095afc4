/**
 * Which leaf of each tree is every training row in? Driver: sends the trees through the training table once and puts
 * labels, weights and leaves together. Executor: adds the leaves of a partition's rows as a column.
 */

import { Field, FixedSizeList, Schema, Uint32, Vector } from 'apache-arrow';
import { columnData } from '../../table/columns/column-data.ts';
import { columnOf, numericValues, roundedValues } from '../../table/columns/column-values.ts';
import { withColumns } from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { PartitionedTable, TableOptions } from '../../table/partitioned-table.ts';
import type { Operator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { modelIdOf, sharedTrees } from '../model/shared-trees.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { type FeaturePlaces, featurePlaces } from '../prediction/feature-places.ts';
import { keptPredictor } from '../prediction/kept-predictors.ts';
import { featureWindows } from '../prediction/read-features.ts';
import { type LeafLabels, leafLabels } from './leaf-labels.ts';

/** What the operator is told. */
export interface TrainingLeavesSpec extends OperatorSpec, FeaturePlaces {
  readonly kind: 'ensemble.trainingLeaves';
  readonly modelId: string;
  readonly trees: TreeEnsemble;
}

/** The node of each tree, counted from the tree's first. */
function leavesField(numTrees: number): Field {
  const type = new FixedSizeList(numTrees, new Field('item', new Uint32(), false));
  return new Field('coppice.trainingLeaves', type, false);
}

/** Makes the operator of a fit. */
export function makeTrainingLeavesOperator(spec: TrainingLeavesSpec): Operator {
  const { numTrees } = spec.trees;
  const predictor = keptPredictor(spec.modelId, spec.trees, 1);
  const field = leavesField(numTrees);
  return (batch) => {
    const leaves = columnArray(Uint32Array, batch.numRows * numTrees);
    for (const part of featureWindows(batch, spec, predictor.usedFeatures)) {
      const nodes = predictor.leaves(part.columns, part.numRows);
      for (let i = 0; i < part.numRows; i++) {
        const to = (part.firstRow + i) * numTrees;
        for (let t = 0; t < numTrees; t++) leaves[to + t] = nodes[t * part.numRows + i] as number;
      }
    }
    const child = columnData(new Uint32(), leaves.length, { values: leaves });
    const column = columnData(field.type, batch.numRows, {}, { children: [child] });
    return withColumns(batch, [[field, new Vector([column])]]);
  };
}

/** The labels of the training rows in the leaves of the trees that were fitted on them. */
export async function gatherLeafLabels(
  data: TreeModelData,
  columns: { readonly labelCol: string; readonly weightCol: string | null },
  table: PartitionedTable,
  options: TableOptions,
): Promise<LeafLabels> {
  const { numTrees } = data.trees;
  const { labelCol, weightCol } = columns;
  const field = leavesField(numTrees);
  const spec: TrainingLeavesSpec = {
    kind: 'ensemble.trainingLeaves',
    writes: [field.name],
    modelId: modelIdOf(data.trees, 'leaves'),
    trees: sharedTrees(data.trees),
    ...featurePlaces(data),
  };
  const { fields, metadata } = table.schema;
  const walked = table.withOperator(spec, new Schema([...fields, field], metadata));
  const wanted = [...new Set([labelCol, ...(weightCol === null ? [] : [weightCol]), field.name])];
  const { numRows } = data;
  const labels = new Float64Array(numRows);
  const weights = weightCol === null ? null : new Float64Array(numRows);
  const nodes = new Uint32Array(numTrees * numRows);
  let at = 0;
  for await (const batch of walked.batches({ ...options, columns: wanted })) {
    const own = roundedValues(columnOf(batch, [labelCol]));
    const ownWeights = weightCol === null ? null : numericValues(columnOf(batch, [weightCol]));
    const leaves = columnOf(batch, [field.name]).getChildAt(0)?.toArray() as Uint32Array;
    for (let i = 0; i < batch.numRows; i++) {
      const weight = ownWeights?.[i] ?? 1;
      // rows of weight 0 took no part
      if (weight === 0) continue;
      labels[at] = own[i] as number;
      if (weights !== null) weights[at] = weight;
      for (let t = 0; t < numTrees; t++)
        nodes[t * numRows + at] = leaves[i * numTrees + t] as number;
      at += 1;
    }
  }
  return leafLabels(data.trees, { labels, weights, nodes });
}
