/** How splits by planes stand in a model's file of trees: as tensors of their own, which other models lack. */
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { SplitPlanes } from '../../tree/tree-ensemble.ts';

/** The tensors to be saved. */
export function planeTensors(planes: SplitPlanes | undefined) {
  if (planes === undefined) return {};
  return {
    planeStart: planes.start,
    planeFeature: planes.feature,
    planeFactor: planes.factor,
    planeCentre: planes.centre,
  };
}

/** What a file has of them. */
export function readPlanes(
  stored: ReturnType<StageReader['tensors']>,
  numNodes: number,
): { readonly planes?: SplitPlanes } {
  if (!stored.names.includes('planeStart')) return {};
  const start = stored.get('planeStart', Uint32Array, numNodes + 1);
  const numTerms = start[numNodes] as number;
  return {
    planes: {
      start,
      feature: stored.get('planeFeature', Int32Array, numTerms),
      factor: stored.get('planeFactor', Float64Array, numTerms),
      centre: stored.get('planeCentre', Float64Array, numTerms),
    },
  };
}
