/**
 * Between which values the nodes of a growing forest tree must lie where some features are monotone: the middle between the
 * two sides of a split on such a feature bounds all that comes below either. Values are those of the kernels' integers, x / h
 * (of two classes the second one's share); leaves are bounded once more when they have their own (training/forest/bound-leaves.ts).
 */
import { writeBounds } from './forest-plan.ts';
import type { MemoryViews } from './memory-views.ts';

/** What it is made of. */
export interface ForestBoundsParts {
  readonly views: MemoryViews;
  /** Address of the plan that searches read. */
  readonly plan: number;
  /** 1 rising, −1 falling, 0 free, by place. */
  readonly directions: Int8Array;
}

/** See the header. */
export class ForestBounds {
  readonly #p: ForestBoundsParts;
  /** By node. */
  readonly #lower: number[] = [];
  readonly #upper: number[] = [];
  /** Between the sides of the node's split, where that is on a monotone feature. */
  readonly #middle: number[] = [];

  constructor(parts: ForestBoundsParts) {
    this.#p = parts;
  }

  /** Bounds of another table of nodes. */
  another(): ForestBounds {
    return new ForestBounds(this.#p);
  }

  /** The root may have any value. */
  open(root: number): void {
    this.#lower[root] = Number.NEGATIVE_INFINITY;
    this.#upper[root] = Number.POSITIVE_INFINITY;
  }

  /** Takes a node of another table over. */
  copy(from: ForestBounds, node: number, to: number): void {
    this.#lower[to] = from.#lower[node] as number;
    this.#upper[to] = from.#upper[node] as number;
    this.#middle[to] = from.#middle[node] as number;
  }

  /** A split was found. @param values of its sides */
  found(node: number, values: readonly [number, number]): void {
    this.#middle[node] = values[0] / 2 + values[1] / 2;
  }

  /** A split was made. @param left the left one of its children, the other is the next */
  split(parent: number, left: number, place: number): void {
    const direction = this.#p.directions[place] as number;
    for (const child of [left, left + 1]) {
      this.#lower[child] = this.#lower[parent] as number;
      this.#upper[child] = this.#upper[parent] as number;
    }
    if (direction === 0) return;
    const [low, high] = direction > 0 ? [left, left + 1] : [left + 1, left];
    this.#upper[low] = this.#middle[parent] as number;
    this.#lower[high] = this.#middle[parent] as number;
  }

  /** Tells the kernels the bounds of the node that is searched next. */
  place(node: number): void {
    const bounds = { lower: this.#lower[node] as number, upper: this.#upper[node] as number };
    writeBounds(this.#p.views.f64, this.#p.plan, bounds);
  }
}
