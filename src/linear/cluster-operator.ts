/** The nearest center of each row of a partition: the operator of KMeansModel. */
import { Field, Int32 } from 'apache-arrow';
import { int32Column, withColumns } from '../table/columns/make-column.ts';
import type { Operator } from '../table/plan/operators.ts';
import type { OperatorSpec } from '../table/plan/partition-spec.ts';
import { type FeatureReading, featureInvalid, featureReader } from './predict-operator.ts';

/** What the operator is told. */
export interface PredictClustersSpec extends OperatorSpec, FeatureReading {
  readonly kind: 'linear.cluster';
  readonly names: readonly string[];
  readonly owner: string;
  /** float64[clusters · features] */
  readonly centers: Float64Array;
  readonly predictionCol: string;
}

/** The field that is added. */
export function clusterField(name: string): Field {
  return new Field(name, new Int32(), true);
}

/** Makes the operator of a model. */
export function makePredictClusters(spec: PredictClustersSpec): Operator {
  const { owner, names, paths, centers, predictionCol } = spec;
  return (batch, { partition }) => {
    const { numRows } = batch;
    const numCenters = centers.length / paths.length;
    const read = featureReader(spec, batch);
    const columns = paths.map((_, j) => {
      const values = read(j).slice();
      const row = values.findIndex((value) => !Number.isFinite(value));
      if (row < 0) return values;
      throw featureInvalid(owner, names[j] as string, values[row] as number, { row, partition });
    });
    const codes = new Int32Array(numRows);
    const best = new Float64Array(numRows).fill(Number.POSITIVE_INFINITY);
    const distance = new Float64Array(numRows);
    for (let c = 0; c < numCenters; c++) {
      distance.fill(0);
      columns.forEach((column, j) => {
        const at = centers[c * paths.length + j] as number;
        for (let i = 0; i < numRows; i++) {
          const away = (column[i] as number) - at;
          distance[i] = (distance[i] as number) + away * away;
        }
      });
      for (let i = 0; i < numRows; i++) {
        if ((distance[i] as number) >= (best[i] as number)) continue;
        best[i] = distance[i] as number;
        codes[i] = c;
      }
    }
    return withColumns(batch, [[clusterField(predictionCol), int32Column(codes)]]);
  };
}
