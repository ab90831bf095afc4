/**
 * What it costs a split to look at a feature that nothing has looked at yet: neither a split above it nor a tree before
 * (the coupled penalty of cost-effective gradient boosting, S. Peter et al., "Cost efficient gradient boosting", 2017).
 * Other branches of the same tree do not count, so it does not matter in which order a tree's nodes are searched.
 */
import type { BinnedLayout } from '../binning/binned-layout.ts';
import type { OpenNode } from './backend/backend.ts';
import type { RowCosts } from './backend/cpu/row-costs.ts';
import type { GrownTree } from './tree.ts';

/** A tree with the nodes that are leaves, in the order of their numbers. */
interface PaidTree {
  readonly tree: GrownTree;
  readonly leaves: readonly { readonly index: number }[];
}

/** What the features cost, and which are paid for. */
export class FeatureCosts {
  /** What they cost for each row, besides; null for nothing. */
  readonly ofRows: RowCosts | null;
  readonly #costs: readonly number[] | null;
  readonly #paid: Set<number>;

  /**
   * @param costs in units of gains, by the features' index; null where only rows cost
   * @param paid features of trees that are there already
   */
  constructor(costs: readonly number[] | null, paid: readonly number[], ofRows: RowCosts | null) {
    this.#costs = costs;
    this.#paid = new Set(paid);
    this.ofRows = ofRows;
  }

  /** A tree was grown: what it looks at is paid for. @param leafOf gives the number of each row's leaf */
  pay({ tree, leaves }: PaidTree, leafOf: () => Uint32Array): void {
    for (const { feature, leftChild } of tree.nodes) {
      if (leftChild !== 0) this.#paid.add(feature);
    }
    this.ofRows?.meet(tree, leaves, leafOf());
  }

  /** What each place costs in a node. @param unmet rows of the node that have not met the features, as {@link RowCosts} counts */
  of(node: OpenNode, { places }: BinnedLayout, unmet: Float64Array | undefined): readonly number[] {
    const above = new Set<number>();
    for (let parent = node.parent; parent !== null; parent = parent.parent) {
      const place = parent.split?.place;
      if (place !== undefined) above.add(places[place]?.feature.index ?? -1);
    }
    return places.map(({ feature: { index } }) => {
      if (above.has(index)) return 0;
      const first = this.#paid.has(index) ? 0 : (this.#costs?.[index] ?? 0);
      return unmet === undefined ? first : first + (this.ofRows?.of(index, unmet) ?? 0);
    });
  }
}
