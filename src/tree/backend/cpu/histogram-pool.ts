/**
 * Compact histograms of open leaves, in a bounded number of slots. When none is free, the open leaf of
 * the lowest gain gives its up; should that leaf be split later, both its children are built instead of one.
 * Which histograms are kept can change the work, never a number.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { OpenNode } from '../backend.ts';

/** A bounded set of histogram slots. */
export class HistogramPool {
  readonly #base: number;
  readonly #slotBytes: number;
  readonly #free: number[] = [];
  readonly #slotOf = new Map<OpenNode, number>();

  constructor(base: number, slotBytes: number, numSlots: number) {
    this.#base = base;
    this.#slotBytes = slotBytes;
    for (let slot = numSlots - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  /** Address of a node's histogram, or 0 when it has none. */
  addressOf(node: OpenNode): number {
    const slot = this.#slotOf.get(node);
    return slot === undefined ? 0 : this.#base + slot * this.#slotBytes;
  }

  /** Gives a node a slot; `keep` are nodes whose slots must stay. */
  take(node: OpenNode, keep: ReadonlySet<OpenNode>): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#evict(keep);
    }
    this.#slotOf.set(node, slot);
    return this.#base + slot * this.#slotBytes;
  }

  /** Hands a slot on from a parent to a child. */
  inherit(parent: OpenNode, child: OpenNode): number {
    const slot = this.#slotOf.get(parent);
    if (slot === undefined) throw new RangeError('the parent has no histogram');
    this.#slotOf.delete(parent);
    this.#slotOf.set(child, slot);
    return this.#base + slot * this.#slotBytes;
  }

  /** Frees a node's slot, if it has one. */
  release(node: OpenNode): void {
    const slot = this.#slotOf.get(node);
    if (slot === undefined) return;
    this.#slotOf.delete(node);
    this.#free.push(slot);
  }

  /** Frees every slot. */
  clear(): void {
    for (const node of [...this.#slotOf.keys()]) this.release(node);
  }

  #evict(keep: ReadonlySet<OpenNode>): number {
    let victim: OpenNode | null = null;
    for (const node of this.#slotOf.keys()) {
      if (keep.has(node)) continue;
      if (victim === null || isLess(node, victim)) victim = node;
    }
    if (victim === null)
      throw new RangeError('the histogram pool is too small for one pair of nodes');
    const slot = this.#slotOf.get(victim) as number;
    this.#slotOf.delete(victim);
    return slot;
  }
}

function isLess(a: OpenNode, b: OpenNode): boolean {
  const aGain = a.split?.gain ?? Number.NEGATIVE_INFINITY;
  const bGain = b.split?.gain ?? Number.NEGATIVE_INFINITY;
  return aGain !== bGain ? aGain < bGain : a.path > b.path;
}

/** Bytes of a histogram in the pool. */
export function compactBytes(layout: BinnedLayout, isPacked: boolean): number {
  return Math.max(16, 16 * Math.ceil((layout.numCompact * (isPacked ? 8 : 16)) / 16));
}
