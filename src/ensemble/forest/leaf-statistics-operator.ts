/**
 * What the leaves that a row ends in say besides their mean, in a worker thread: how far labels spread around the
 * prediction, and quantiles of them. The walk down the trees is the predictor's.
 *
 * The variance is that of a draw from a tree drawn at random: the mean of the leaves' variances, and the variance of
 * their means (the law of total variance; F. Hutter et al., "Algorithm runtime prediction", 2014, section 4.3.2). Of a
 * single tree it is the leaf's.
 */

import { Field, FixedSizeList, Float64 } from 'apache-arrow';
import {
  fixedSizeListColumn,
  float64Column,
  withColumns,
} from '../../table/columns/make-column.ts';
import { columnArray } from '../../table/columns/shared-buffer.ts';
import type { Operator } from '../../table/plan/operators.ts';
import type { OperatorSpec } from '../../table/plan/partition-spec.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { FeaturePlaces } from '../prediction/feature-places.ts';
import { keptPredictor } from '../prediction/kept-predictors.ts';
import { featureWindows } from '../prediction/read-features.ts';
import { LabelQuantiles } from './label-quantiles.ts';
import type { LeafLabels } from './leaf-labels.ts';

/** Which columns are added, and from what. */
export interface LeafStatistics {
  readonly varianceCol: string | null;
  readonly quantiles: {
    readonly outputCol: string;
    readonly probabilities: readonly number[];
    readonly labels: LeafLabels;
  } | null;
}

/** What the operator is told. */
export interface LeafStatisticsSpec extends OperatorSpec, LeafStatistics, FeaturePlaces {
  readonly kind: 'ensemble.leafStatistics';
  readonly modelId: string;
  readonly trees: TreeEnsemble;
}

/** The field of variances. */
export function varianceField(name: string): Field {
  return new Field(name, new Float64(), true);
}

/** The field of quantiles: a vector of one value each; which they are stands in its metadata. */
export function labelQuantilesField(name: string, probabilities: readonly number[]): Field {
  const item = new Field('item', new Float64(), false);
  const metadata = new Map([['quantiles', JSON.stringify(probabilities)]]);
  return new Field(name, new FixedSizeList(probabilities.length, item), true, metadata);
}

/** Makes the operator of a model. */
export function makeLeafStatisticsOperator(spec: LeafStatisticsSpec): Operator {
  const { trees, varianceCol, quantiles } = spec;
  const predictor = keptPredictor(spec.modelId, trees, 1);
  const width = quantiles?.probabilities.length ?? 0;
  return (batch, { wanted }) => {
    const { numRows } = batch;
    const finder =
      quantiles !== null && wanted.has(quantiles.outputCol)
        ? new LabelQuantiles(trees, quantiles.labels)
        : null;
    const values = columnArray(Float64Array, finder === null ? 0 : numRows * width);
    const hasVariance = varianceCol !== null && wanted.has(varianceCol);
    const variances = columnArray(Float64Array, hasVariance ? numRows : 0);
    for (const part of featureWindows(batch, spec, predictor.usedFeatures)) {
      const nodes = predictor.leaves(part.columns, part.numRows);
      for (let i = 0; i < part.numRows; i++) {
        const place = { first: i, step: part.numRows };
        const row = part.firstRow + i;
        if (hasVariance) variances[row] = varianceAt(trees, nodes, place);
        finder?.quantilesInto(
          nodes,
          place,
          quantiles?.probabilities ?? [],
          values.subarray(row * width, (row + 1) * width),
        );
      }
    }
    return withColumns(batch, [
      ...(hasVariance ? [[varianceField(varianceCol), float64Column(variances)] as const] : []),
      ...(finder !== null && quantiles !== null
        ? [
            [
              labelQuantilesField(quantiles.outputCol, quantiles.probabilities),
              fixedSizeListColumn(values, width),
            ] as const,
          ]
        : []),
    ]);
  };
}

function varianceAt(
  { numTrees, treeStart, value, variance }: TreeEnsemble,
  nodes: Uint32Array,
  { first, step }: { readonly first: number; readonly step: number },
): number {
  const leafOf = (t: number): number =>
    (treeStart[t] as number) + (nodes[first + t * step] as number);
  let mean = 0;
  for (let t = 0; t < numTrees; t++) mean += value[leafOf(t)] as number;
  mean /= numTrees;
  let sum = 0;
  for (let t = 0; t < numTrees; t++) {
    const leaf = leafOf(t);
    const distance = (value[leaf] as number) - mean;
    sum += (variance?.[leaf] ?? 0) + distance * distance;
  }
  return sum / numTrees;
}
