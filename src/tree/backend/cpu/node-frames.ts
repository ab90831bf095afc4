/**
 * The value that each node of a growing tree would have as a leaf, and the bounds that monotone splits above
 * set for everything below it: derived from a node's sums and its parent's frame, and kept while the tree grows.
 */
import {
  type LeafFrame,
  type LeafRule,
  openFrame,
  shapedValue,
} from '../../../kernels/leaf-shape.ts';
import type { Quantisation } from '../../split-params.ts';
import { childFrame } from '../../split-shaping.ts';
import type { OpenNode, Split } from '../backend.ts';
import type { NodeTotals, SplitDetail } from './candidate.ts';

/** Sums of a node as numbers. */
export interface NodeSums {
  readonly G: number;
  readonly H: number;
  readonly rows: number;
}

interface Framed {
  readonly totals: NodeTotals;
  /** The node's own value, and the bounds of its subtree. */
  readonly frame: LeafFrame;
}

/** Frames of one tree's nodes. */
export class NodeFrames {
  readonly #rule: LeafRule;
  readonly #quantisation: Quantisation;
  /** Directions by place, or null. */
  readonly #directions: Int8Array | null;
  readonly #known = new WeakMap<OpenNode, Framed>();

  constructor(rule: LeafRule, quantisation: Quantisation, directions: Int8Array | null) {
    this.#rule = rule;
    this.#quantisation = quantisation;
    this.#directions = directions;
  }

  /** The frame of a node whose parent was asked for before. */
  of(node: OpenNode, totals: NodeTotals): LeafFrame {
    const known = this.#known.get(node);
    if (known !== undefined) return known.frame;
    const frame = this.#make(node, totals);
    this.#known.set(node, { totals, frame });
    return frame;
  }

  /** Sums as numbers. */
  sumsOf({ grad, hess }: NodeTotals): NodeSums {
    const { gradUnit, hessUnit, countShift } = this.#quantisation;
    const isCounted = countShift < 63;
    const own = isCounted ? hess & ((1n << BigInt(countShift)) - 1n) : hess;
    return {
      G: Number(grad) * gradUnit,
      H: Number(own) * hessUnit,
      rows: isCounted ? Number(hess >> BigInt(countShift)) : 0,
    };
  }

  #make(node: OpenNode, totals: NodeTotals): LeafFrame {
    const { parent } = node;
    if (parent === null) {
      return { ...openFrame, value: shapedValue(this.#rule, openFrame, this.sumsOf(totals)) };
    }
    const above = this.#known.get(parent);
    if (above === undefined) throw new RangeError('a node was framed before its parent');
    const split = parent.split as Split;
    const left = (split.detail as SplitDetail).left;
    const right = { grad: above.totals.grad - left.grad, hess: above.totals.hess - left.hess };
    const values = [
      shapedValue(this.#rule, above.frame, this.sumsOf(left)),
      shapedValue(this.#rule, above.frame, this.sumsOf(right)),
    ] as const;
    const isLeft = node.path.endsWith('0');
    const direction = this.#directions?.[split.place] ?? 0;
    const frame = childFrame(above.frame, values, direction, isLeft);
    return { ...frame, value: values[isLeft ? 0 : 1] };
  }
}
