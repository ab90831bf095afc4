/**
 * What the shaped search needs beside the plain one: for each node its own value and bounds, the key of its
 * random thresholds, and every place's direction, as the kernel reads them (find-shaped-split.ts).
 *
 *   | shape 64 | one int8 a place |
 */
import { hash32, purposes } from '../../../base/rng.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { type LeafRule, shapedScore } from '../../../kernels/leaf-shape.ts';
import type { CutBounds } from '../../cut-bounds.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import { directionsOf, leafRule, monotoneFactor, type SplitShaping } from '../../split-shaping.ts';
import type { OpenNode, SiblingPair } from '../backend.ts';
import type { NodeTotals } from './candidate.ts';
import type { MemoryViews } from './memory-views.ts';
import { NeighbourFrames } from './neighbour-frames.ts';
import { NodeFrames } from './node-frames.ts';

/** What it is made of. */
export interface ShapedSearchOptions {
  readonly shaping: SplitShaping;
  readonly params: SplitParams;
  readonly views: MemoryViews;
  readonly layout: BinnedLayout;
  /** Scratch of {@link ShapedSearch.scratchBytes}. */
  readonly address: number;
}

/** See the header. */
export class ShapedSearch {
  readonly #o: ShapedSearchOptions;
  readonly #rule: LeafRule;
  readonly #directions: Int8Array | null;
  #frames: NodeFrames | null = null;
  /** Of the node that was placed, by place. */
  #cutBounds: ReadonlyMap<number, CutBounds> = new Map();

  constructor(options: ShapedSearchOptions) {
    this.#o = options;
    this.#rule = leafRule(options.shaping, options.params.lambda);
    this.#directions = directionsOf(options.shaping.monotone, options.layout);
  }

  /** Bytes of scratch. */
  static scratchBytes(layout: BinnedLayout): number {
    return directionBytes(layout) + stepBytes(layout);
  }

  /** Do cuts of one place have other bounds than those of the next? Then places are searched one by one. */
  get hasSteps(): boolean {
    return this.#directions !== null && this.#o.shaping.boundsAreOfCuts === true;
  }

  /** Writes what bounds the cuts of a place, in the node that was placed. */
  placeSteps(place: number): void {
    const { views, address, layout } = this.#o;
    const found = this.#cutBounds.get(place);
    const at = address + directionBytes(layout);
    views.u32[address / 4 + 15] = found === undefined ? 0 : at;
    if (found === undefined) return;
    const { missing, bins, bounds } = found;
    views.i32[at / 4] = bins.length;
    views.f64.set([missing.lower, missing.upper], at / 8 + 1);
    bins.forEach((bin, i) => {
      const step = at + 24 + 40 * i;
      views.i32[step / 4] = bin;
      for (let k = 0; k < 4; k++) views.f64[step / 8 + 1 + k] = bounds[4 * i + k] as number;
    });
  }

  /** Called before each tree. */
  beginTree(quantisation: Quantisation): void {
    const { views, address, shaping } = this.#o;
    const directions = this.#directions;
    this.#frames =
      directions !== null && shaping.boundsAreNeighbours
        ? new NeighbourFrames(this.#rule, quantisation, {
            layout: this.#o.layout,
            directions,
            boundsAreOfCuts: shaping.boundsAreOfCuts === true,
          })
        : new NodeFrames(this.#rule, quantisation, directions);
    const { alpha, maxDeltaStep, smoothing } = this.#rule;
    views.f64.set([alpha, maxDeltaStep, smoothing], address / 8);
    views.u32[address / 4 + 12] = shaping.extraTrees ? 1 : 0;
    views.u32[address / 4 + 14] = this.#directions === null ? 0 : address + 64;
    if (this.#directions !== null) views.u8.set(this.#directions, address + 64);
  }

  /** Writes a node's part; returns the address of the whole. */
  place(node: OpenNode, totals: NodeTotals): number {
    const { views, address } = this.#o;
    const { value, lower, upper } = (this.#frames as NodeFrames).of(node, totals);
    views.f64.set([value, lower, upper], address / 8 + 3);
    views.u32[address / 4 + 13] = hash32(node.key, purposes.extraTrees);
    views.u32[address / 4 + 15] = 0;
    if (this.hasSteps) this.#cutBounds = (this.#frames as NeighbourFrames).cutBounds(node);
    return address;
  }

  /** An open leaf is split; its children's bounds follow. */
  split(pair: SiblingPair): void {
    if (this.#frames instanceof NeighbourFrames) this.#frames.split(pair);
  }

  /** Have the bounds of an open leaf changed since it was searched? */
  isStale(node: OpenNode): boolean {
    return this.#frames instanceof NeighbourFrames && this.#frames.isStale(node);
  }

  /** What gains are multiplied by in a node; by place, null where all are as they are. */
  factorsOf(node: OpenNode, known: readonly number[] | null): readonly number[] | null {
    const { monotonePenalty = 0 } = this.#o.shaping;
    const directions = this.#directions;
    if (monotonePenalty === 0 || directions === null) return known;
    const factor = monotoneFactor(monotonePenalty, node.path.length);
    return Array.from(
      directions,
      (direction, p) => (direction === 0 ? 1 : factor) * (known?.[p] ?? 1),
    );
  }

  /** What the node itself takes off the loss. */
  scoreOf(node: OpenNode, totals: NodeTotals): number {
    const frames = this.#frames as NodeFrames;
    const { G, H } = frames.sumsOf(totals);
    return shapedScore(this.#rule, G, H, frames.of(node, totals).value);
  }
}

function directionBytes(layout: BinnedLayout): number {
  return 64 + Math.ceil(layout.places.length / 64) * 64;
}

/** No more steps than bins. */
function stepBytes({ places }: BinnedLayout): number {
  const most = places.reduce((bins, { numValueBins }) => Math.max(bins, numValueBins), 0);
  return Math.ceil((24 + 40 * (most + 1)) / 64) * 64;
}
