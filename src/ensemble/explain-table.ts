/** A table with a column of contributions: from a model to the operator that explains it in the pool. */
import { Schema } from 'apache-arrow';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { TreeEnsemble } from '../tree/tree.ts';
import { type ContributionsShape, contributionsField } from './contributions-field.ts';
import type { ExplainSpec } from './explain-operator.ts';
import type { Link } from './predict-operator.ts';
import type { TreeModelData } from './tree-model-data.ts';

/** The part of a tree model that is explained. */
export interface ExplainedModel {
  readonly data: TreeModelData;
  readonly link: Link;
  readonly modelId: string;
  /** The quantiles that its scores are; null for other scores. */
  readonly quantiles: readonly number[] | null;
  /** The model's trees in shared memory. */
  readonly trees: TreeEnsemble;
}

/** What a model's contributions are about. */
export function contributionsOf(
  data: TreeModelData,
  quantiles: readonly number[] | null,
): ContributionsShape {
  const { trees, baseScores, features, classes } = data;
  const outputs = trees.numOutputs > 1 ? trees.numOutputs : baseScores.length;
  return {
    features: features.map(({ name }) => name),
    numOutputs: outputs,
    outputs: quantiles ?? (outputs === 1 ? classes.slice(1) : classes),
  };
}

/** What sums of leaves are divided by to give the score that is explained. */
function scoreDivisor(link: Link, numTrees: number): number {
  return link === 'mean' || link === 'share' ? Math.max(1, numTrees) : 1;
}

/** The table with the column behind the others, lazily. */
export function explainedTable(
  model: ExplainedModel,
  table: PartitionedTable,
  outputCol: string,
): PartitionedTable {
  const { data, link, trees } = model;
  const shape = contributionsOf(data, model.quantiles);
  const spec: ExplainSpec = {
    kind: 'ensemble.explainTrees',
    reads: [...new Set(data.paths.map((path) => path[0] as string))],
    writes: [outputCol],
    modelId: model.modelId,
    trees,
    features: data.features,
    paths: data.paths,
    outputs: shape.outputs,
    baseScores: link === 'mean' || link === 'share' ? [] : data.baseScores,
    numOutputs: shape.numOutputs,
    divisor: scoreDivisor(link, trees.numTrees),
    outputCol,
  };
  const { fields, metadata } = table.schema;
  return table.withOperator(
    spec,
    new Schema([...fields, contributionsField(outputCol, shape)], metadata),
  );
}
