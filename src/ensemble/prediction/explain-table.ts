/** A table with a column of contributions, or of interactions: from a model to the operator that explains it in the pool. */

import { type Field, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { modelIdOf, sharedTrees } from '../model/shared-trees.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import {
  type ContributionsShape,
  contributionsField,
  interactionsField,
  matrixSize,
} from './contributions-field.ts';
import type { ExplainSpec } from './explain-operator.ts';
import { featurePlaces } from './feature-places.ts';
import type { Link } from './predict-operator.ts';

/** The part of a tree model that is explained. */
export interface ExplainedModel {
  readonly data: TreeModelData;
  readonly link: Link;
  readonly modelId: string;
  /** The quantiles or labels that its scores are; null for other scores. */
  readonly values: readonly (number | string)[] | null;
  /** The model's trees in shared memory. */
  readonly trees: TreeEnsemble;
}

/** What a model's contributions are about. */
export function contributionsOf(
  data: TreeModelData,
  values: readonly (number | string)[] | null,
): ContributionsShape {
  const { trees, baseScores, features, classes } = data;
  const outputs = trees.numOutputs > 1 ? trees.numOutputs : baseScores.length;
  return {
    features: features.map(({ name }) => name),
    numOutputs: outputs,
    outputs: values ?? (outputs === 1 ? classes.slice(1) : classes),
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
  const spec = explained('ensemble.explainTrees', model, outputCol);
  const shape = contributionsOf(model.data, model.values);
  return withField(table, spec, contributionsField(outputCol, shape));
}

/** The most values of a row's matrices. */
const mostInteractions = 4_000_000;

/**
 * The same with pairs of features.
 *
 * @throws CoppiceError `UNSUPPORTED` for more features than a row's matrix may have
 */
export function interactionsTable(
  owner: string,
  model: ExplainedModel,
  table: PartitionedTable,
  outputCol: string,
): PartitionedTable {
  const shape = contributionsOf(model.data, model.values);
  const width = shape.numOutputs * matrixSize(shape.features.length);
  if (width > mostInteractions) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `interactions of ${owner} must have at most ${mostInteractions} values a row; got ${width} for ${shape.features.length} features and ${shape.numOutputs} scores; use contributions`,
      { context: { owner } },
    );
  }
  const spec = explained('ensemble.explainPairs', model, outputCol);
  return withField(table, spec, interactionsField(outputCol, shape));
}

function explained(
  kind: ExplainSpec['kind'],
  model: ExplainedModel,
  outputCol: string,
): ExplainSpec {
  const { data, link } = model;
  const trees = link === 'share' ? sharesOf(model.trees) : model.trees;
  const shape = contributionsOf(data, model.values);
  return {
    kind,
    writes: [outputCol],
    modelId: trees === model.trees ? model.modelId : modelIdOf(trees, 'shares'),
    trees,
    ...featurePlaces(data),
    outputs: shape.outputs,
    baseScores: link === 'mean' || link === 'share' ? [] : data.baseScores,
    numOutputs: shape.numOutputs,
    divisor: scoreDivisor(link, trees.numTrees),
    outputCol,
  };
}

/** The leaves of a read tree may hold the weight of each class: what is explained is their shares. */
function sharesOf(trees: TreeEnsemble): TreeEnsemble {
  const { value, numOutputs } = trees;
  if (trees.numTrees > 1) return trees;
  const totals = new Float64Array(value.length / numOutputs);
  let isShare = true;
  for (let node = 0; node < totals.length; node++) {
    let total = 0;
    for (let k = 0; k < numOutputs; k++) total += value[node * numOutputs + k] as number;
    totals[node] = total;
    isShare &&= Math.abs(total - 1) < 1e-6;
  }
  if (isShare) return trees;
  const shares = value.map((weight, i) => {
    const total = totals[Math.floor(i / numOutputs)] as number;
    return total === 0 ? 0 : weight / total;
  });
  return sharedTrees({ ...trees, value: shares });
}

function withField(table: PartitionedTable, spec: ExplainSpec, field: Field): PartitionedTable {
  const { fields, metadata } = table.schema;
  return table.withOperator(spec, new Schema([...fields, field], metadata));
}
