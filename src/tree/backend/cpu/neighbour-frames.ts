/**
 * The value and the bounds of each open leaf where bounds are the values of neighbouring leaves (monotone-leaves.ts): they
 * change when others are split. What a search was bounded by is kept, so that a leaf whose bounds have changed since is
 * searched again.
 */
import type { BinnedLayout, FeaturePlace } from '../../../binning/binned-layout.ts';
import {
  type LeafFrame,
  type LeafRule,
  openFrame,
  shapedValue,
} from '../../../kernels/leaf-shape.ts';
import { type CutBounds, cutBounds, partedFeatures } from '../../cut-bounds.ts';
import { type LeafBounds, type MonotoneCut, MonotoneLeaves } from '../../monotone-leaves.ts';
import type { Quantisation } from '../../split-params.ts';
import { inOrder } from '../../split-shaping.ts';
import type { OpenNode, SiblingPair, Split } from '../backend.ts';
import type { NodeTotals, SplitDetail } from './candidate.ts';
import { NodeFrames } from './node-frames.ts';

/** What a leaf is known by. */
interface KnownLeaf {
  readonly totals: NodeTotals;
  readonly value: number;
  /** What its last search was bounded by. */
  searched: LeafBounds | null;
  /** The version of its neighbours at that search. */
  version: number;
}

/** See the header. */
export class NeighbourFrames extends NodeFrames {
  readonly #rule: LeafRule;
  readonly #layout: BinnedLayout;
  /** By place. */
  readonly #signs: Int8Array;
  /** By the feature's index. */
  readonly #placeOf: ReadonlyMap<number, number>;
  readonly #boundsAreOfCuts: boolean;
  readonly #leaves: MonotoneLeaves<OpenNode>;
  readonly #found = new WeakMap<OpenNode, KnownLeaf>();

  constructor(
    rule: LeafRule,
    quantisation: Quantisation,
    options: {
      readonly layout: BinnedLayout;
      readonly directions: Int8Array;
      /** Each child of a cut has bounds of its own. */
      readonly boundsAreOfCuts: boolean;
    },
  ) {
    const { layout, directions } = options;
    super(rule, quantisation, directions);
    this.#boundsAreOfCuts = options.boundsAreOfCuts;
    this.#rule = rule;
    this.#layout = layout;
    this.#signs = directions;
    this.#placeOf = new Map(layout.places.map(({ feature }, p) => [feature.index, p]));
    this.#leaves = new MonotoneLeaves(
      (feature) => directions[this.#placeOf.get(feature) ?? -1] ?? 0,
      this.#boundsAreOfCuts,
    );
  }

  /** The frame of a leaf whose parent's split was told; what is searched next is bounded by it. */
  override of(node: OpenNode, totals: NodeTotals): LeafFrame {
    let known = this.#found.get(node);
    if (known === undefined) {
      // only the root is not known from its parent's split
      const value = shapedValue(this.#rule, openFrame, this.sumsOf(totals));
      this.#leaves.open(node, value);
      known = { totals, value, searched: null, version: 0 };
      this.#found.set(node, known);
    }
    known.searched = this.#leaves.boundsOf(node);
    known.version = this.#leaves.leafOf(node).version;
    return { value: known.value, ...known.searched };
  }

  /** What bounds the children of cuts, by place, in a leaf that was framed; places that are left out as it is itself. */
  cutBounds(node: OpenNode): ReadonlyMap<number, CutBounds> {
    const leaf = this.#leaves.leafOf(node);
    const found = new Map<number, CutBounds>();
    for (const index of partedFeatures(leaf)) {
      const place = this.#placeOf.get(index);
      if (place === undefined) continue;
      const { feature } = this.#layout.places[place] as FeaturePlace;
      const bounds = cutBounds(leaf, index, feature.edges);
      if (bounds !== null) found.set(place, bounds);
    }
    return found;
  }

  /** A leaf becomes two; told in the order of commits. */
  split({ parent, left, right }: SiblingPair): void {
    const known = this.#found.get(parent);
    if (known === undefined) throw new RangeError('a leaf was split before it was searched');
    const split = parent.split as Split;
    const own = (split.detail as SplitDetail).left;
    const other = { grad: known.totals.grad - own.grad, hess: known.totals.hess - own.hess };
    const cut = cutOf(split, this.#layout);
    const sides = this.#leaves.boundsOfSides(parent, cut);
    const values = inOrder(
      shapedValue(this.#rule, { value: known.value, ...sides[0] }, this.sumsOf(own)),
      shapedValue(this.#rule, { value: known.value, ...sides[1] }, this.sumsOf(other)),
      this.#signs[split.place] ?? 0,
      sides,
    );
    this.#leaves.split(parent, cut, [left, right], values);
    this.#found.set(left, { totals: own, value: values[0], searched: null, version: 0 });
    this.#found.set(right, { totals: other, value: values[1], searched: null, version: 0 });
  }

  /** Have its bounds changed since it was searched? */
  isStale(node: OpenNode): boolean {
    const known = this.#found.get(node);
    const searched = known?.searched;
    if (known === undefined || searched === null || searched === undefined) return false;
    if (this.#boundsAreOfCuts) return this.#leaves.leafOf(node).version !== known.version;
    const { lower, upper } = this.#leaves.boundsOf(node);
    return lower !== searched.lower || upper !== searched.upper;
  }
}

function cutOf(split: Split, { places }: BinnedLayout): MonotoneCut {
  const { feature, numValueBins } = places[split.place] as FeaturePlace;
  const { bin, leftBins, missingGoesLeft, heavierIsLeft } = split;
  return {
    feature: feature.index,
    // a split behind the last edge keeps values apart from missing ones
    threshold: leftBins === null ? (feature.edges[bin] ?? Number.POSITIVE_INFINITY) : null,
    leftBits: leftBins,
    numCategories: numValueBins,
    missingGoesLeft,
    unseenGoesLeft: heavierIsLeft,
  };
}
