/**
 * Splits that a tree begins with, whatever the gradients say: which node has which. A node's forced split hangs on the
 * ones above it, so where one could not be made those below it are void.
 */
import { float32UpTo } from '../binning/bin-edges.ts';
import type { BinnedFeature, BinnedLayout, FeaturePlace } from '../binning/binned-layout.ts';
import type { OpenNode } from './backend/backend.ts';

/** A forced split as a job names it: by the feature's index, and a threshold or the categories that go left. */
export interface ForcedNode {
  readonly feature: number;
  readonly threshold: number | null;
  readonly categories: readonly string[] | null;
  readonly left: ForcedNode | null;
  readonly right: ForcedNode | null;
}

/** The same by place and bins. */
export interface ForcedPlace {
  readonly place: number;
  /** Last bin that goes left (numeric), or −1. */
  readonly bin: number;
  /** Bins that go left as bits (category), or null; the missing bin is not among them. */
  readonly leftBins: Uint32Array | null;
  readonly left: ForcedPlace | null;
  readonly right: ForcedPlace | null;
}

/** By places; null where the feature is the same in all rows, or no listed category is known. */
export function forcedPlaces(node: ForcedNode | null, layout: BinnedLayout): ForcedPlace | null {
  if (node === null) return null;
  const place = layout.places.findIndex(({ feature }) => feature.index === node.feature);
  const found = layout.places[place];
  if (found === undefined) return null;
  const leftBins = node.categories === null ? null : binsOf(node.categories, found);
  if (leftBins?.every((word) => word === 0)) return null;
  return {
    place,
    bin: node.threshold === null ? -1 : binOf(node.threshold, found.feature),
    leftBins,
    left: forcedPlaces(node.left, layout),
    right: forcedPlaces(node.right, layout),
  };
}

/** The bin that the threshold lies in: the cut is the bin's upper edge, the least that parts no value up to it from others. */
function binOf(threshold: number, { edges, isFloat32 }: BinnedFeature): number {
  const least = isFloat32 ? float32UpTo(threshold) : threshold;
  const bin = edges.findIndex((edge) => edge >= least);
  return bin < 0 ? edges.length : bin;
}

function binsOf(
  categories: readonly string[],
  { feature, numValueBins }: FeaturePlace,
): Uint32Array {
  const bits = new Uint32Array(Math.floor((numValueBins + 64) / 64) * 2);
  const listed = new Set(categories);
  feature.categories.forEach((category, bin) => {
    if (listed.has(category)) bits[bin >> 5] = (bits[bin >> 5] as number) | (1 << (bin & 31));
  });
  return bits;
}

/** The forced splits of one tree's nodes. */
export class ForcedNodes {
  readonly #root: ForcedPlace;
  readonly #known = new WeakMap<OpenNode, ForcedPlace | null>();

  constructor(root: ForcedPlace) {
    this.#root = root;
  }

  /** What a node should be split by; its parent must have its split. */
  of(node: OpenNode): ForcedPlace | null {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const found = this.#find(node);
    this.#known.set(node, found);
    return found;
  }

  #find({ parent, path }: OpenNode): ForcedPlace | null {
    if (parent === null) return this.#root;
    if (parent.split?.isForced !== true) return null;
    const above = this.of(parent);
    return (path.endsWith('0') ? above?.left : above?.right) ?? null;
  }
}
