/** How linear leaves stand in a model's file of trees: as tensors of their own, which other models lack. */
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { LinearLeaves } from '../../tree/tree-ensemble.ts';

/** The tensors to be saved. */
export function linearTensors(linear: LinearLeaves | undefined) {
  if (linear === undefined) return {};
  return {
    termStart: linear.start,
    termFeature: linear.feature,
    termFactor: linear.factor,
    termCentre: linear.centre,
    intercept: linear.intercept,
    scoreUnit: linear.unit,
  };
}

/** What a file has of them. */
export function readLinear(
  stored: ReturnType<StageReader['tensors']>,
  numNodes: number,
  numTrees: number,
): { readonly linear?: LinearLeaves } {
  if (!stored.names.includes('termStart')) return {};
  const start = stored.get('termStart', Uint32Array, numNodes + 1);
  const numTerms = start[numNodes] as number;
  return {
    linear: {
      start,
      feature: stored.get('termFeature', Int32Array, numTerms),
      factor: stored.get('termFactor', Float64Array, numTerms),
      centre: stored.get('termCentre', Float64Array, numTerms),
      intercept: stored.get('intercept', Float64Array, numNodes),
      unit: stored.get('scoreUnit', Float64Array, numTrees),
    },
  };
}
