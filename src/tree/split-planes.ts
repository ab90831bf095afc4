/**
 * Splits by planes, as extended isolation forests have: what is kept of them, and which side a row takes.
 *
 *   node n: left where Σ factor[i] · (x[feature[i]] − centre[i]) ≤ 0   i in [start[n], start[n + 1])
 *
 * The terms are added in this order, on every path alike. A missing value adds nothing. Where all are missing, or infinite
 * ones of both signs leave no sum, the row goes with the heavier side.
 */
import type { SplitPlanes, TreeEnsemble } from './tree-ensemble.ts';

/** A plane as it was drawn. */
export interface PlaneTerms {
  readonly features: readonly number[];
  readonly factors: readonly number[];
  readonly centres: readonly number[];
}

/** Which side a row takes of a plane that was drawn; null where it has no sum. */
export function sideOfPlane(
  { features, factors, centres }: PlaneTerms,
  numberOf: (feature: number) => number,
): 'left' | 'right' | null {
  let sum = 0;
  let isThere = false;
  features.forEach((feature, i) => {
    const x = numberOf(feature);
    if (Number.isNaN(x)) return;
    isThere = true;
    sum += (factors[i] as number) * (x - (centres[i] as number));
  });
  if (!isThere || Number.isNaN(sum)) return null;
  return sum <= 0 ? 'left' : 'right';
}

/** The planes of grown nodes in arrays; undefined where no node has one. */
export function packPlanes(
  nodes: readonly { readonly plane?: PlaneTerms | undefined }[],
): SplitPlanes | undefined {
  const counts = nodes.map(({ plane }) => plane?.features.length ?? 0);
  const numTerms = counts.reduce((sum, count) => sum + count, 0);
  if (numTerms === 0) return undefined;
  const packed = {
    start: new Uint32Array(nodes.length + 1),
    feature: new Int32Array(numTerms),
    factor: new Float64Array(numTerms),
    centre: new Float64Array(numTerms),
  };
  let at = 0;
  nodes.forEach(({ plane }, n) => {
    packed.start[n] = at;
    if (plane === undefined) return;
    packed.feature.set(plane.features, at);
    packed.factor.set(plane.factors, at);
    packed.centre.set(plane.centres, at);
    at += plane.features.length;
  });
  packed.start[nodes.length] = at;
  return packed;
}

/** What is wrong with the planes of a model that was read; null where nothing is. */
export function problemOfPlanes(e: TreeEnsemble, isNumeric: readonly boolean[]): string | null {
  const { planes } = e;
  if (planes === undefined) return null;
  const { start, feature, factor, centre } = planes;
  if (start[0] !== 0) return 'has planes that do not begin at term 0';
  for (let n = 0; n < e.feature.length; n++) {
    const count = (start[n + 1] as number) - (start[n] as number);
    const isLeaf = e.leftChild[n] === 0;
    if (isLeaf ? count !== 0 : count <= 0) return 'has planes elsewhere than at its splits';
  }
  if (!feature.every((f) => isNumeric[f] === true)) return 'has a plane of what is no number';
  const areFinite = [...factor, ...centre].every(Number.isFinite);
  return areFinite ? null : 'has a plane that is not finite';
}

/** The features of a split: those of its plane, or the one that it has. */
export function featuresOfSplit({ feature, planes }: TreeEnsemble, node: number): Int32Array {
  return planes === undefined
    ? feature.subarray(node, node + 1)
    : planes.feature.subarray(planes.start[node], planes.start[node + 1]);
}
