/**
 * How many rows of a node have not met each feature that costs something by row. Each rank counts its own, and ranks add
 * up. Of two children the lighter one is counted; the other has what is left of the parent's.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { OpenNode, SiblingPair } from '../backend.ts';
import type { MemoryViews } from './memory-views.ts';
import { lighterOf, type NodeState, segmentOf } from './node-state.ts';
import type { RowStore, Segment } from './row-store.ts';

/** What counts the rows of this rank, see row-costs.ts. */
interface RowCounts {
  /** How many features cost something. */
  readonly numSlots: number;
  countUnmet(ids: Uint32Array | null, firstId: number, count: number, out: BigInt64Array): void;
}

/** What counting takes besides. */
export interface Counting {
  readonly collective: Collective;
  readonly rows: RowStore;
  readonly views: MemoryViews;
}

/** See the header. */
export class UnmetRows {
  readonly #costs: RowCounts;
  readonly #o: Counting;

  constructor(costs: RowCounts, counting: Counting) {
    this.#costs = costs;
    this.#o = counting;
  }

  /** Those of the root, on all ranks. */
  async ofRoot(segment: Segment): Promise<Float64Array> {
    const counts = new BigInt64Array(this.#costs.numSlots);
    this.#count(segment, counts);
    await this.#sumUp(counts);
    return Float64Array.from(counts, Number);
  }

  /** Gives the children of each pair theirs; their rows lie where they will. */
  async ofChildren(pairs: readonly SiblingPair[]): Promise<void> {
    const { numSlots } = this.#costs;
    // where all rows have met all features, those of a part have
    const open = pairs.filter(({ parent }) => unmetOf(parent).some((count) => count > 0));
    const counts = new BigInt64Array(numSlots * open.length);
    const countsOf = (i: number) => counts.subarray(i * numSlots, (i + 1) * numSlots);
    const lighter = open.map((pair) => lighterOf(pair, (word) => word));
    lighter.forEach((node, i) => {
      this.#count(segmentOf(node), countsOf(i));
    });
    if (open.length > 0) await this.#sumUp(counts);
    for (const { parent, left, right } of pairs) {
      for (const node of [left, right]) (node.state as NodeState).unmet = unmetOf(parent);
    }
    open.forEach(({ parent, left, right }, i) => {
      const own = Float64Array.from(countsOf(i), Number);
      const node = lighter[i] === left ? left : right;
      const sibling = node === left ? right : left;
      (node.state as NodeState).unmet = own;
      (sibling.state as NodeState).unmet = unmetOf(parent).map(
        (all, s) => all - (own[s] as number),
      );
    });
  }

  #count(segment: Segment, out: BigInt64Array): void {
    const { rows, views } = this.#o;
    const { ids, firstId } = rows.view(segment);
    const numbers = ids === 0 ? null : views.u32.subarray(ids / 4, ids / 4 + segment.count);
    this.#costs.countUnmet(numbers, firstId, segment.count, out);
  }

  async #sumUp(counts: BigInt64Array): Promise<void> {
    const reduced = this.#o.collective.allreduce(counts, 'sum');
    if (isPromise(reduced)) await reduced;
  }
}

function unmetOf(node: OpenNode): Float64Array {
  return (node.state as NodeState).unmet ?? new Float64Array(0);
}
