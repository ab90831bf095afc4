/**
 * What it costs a split to look at a feature that nothing has looked at yet: neither a split above it nor a tree before
 * (the coupled penalty of cost-effective gradient boosting, S. Peter et al., "Cost efficient gradient boosting", 2017).
 * Other branches of the same tree do not count, so it does not matter in which order a tree's nodes are searched.
 */
import type { BinnedLayout } from '../binning/binned-layout.ts';
import type { OpenNode } from './backend/backend.ts';
import type { GrownTree } from './tree.ts';

/** What the features cost, and which are paid for. */
export class FeatureCosts {
  readonly #costs: readonly number[];
  readonly #paid: Set<number>;

  /** @param costs in units of gains, by the features' index @param paid features of trees that are there already */
  constructor(costs: readonly number[], paid: readonly number[]) {
    this.#costs = costs;
    this.#paid = new Set(paid);
  }

  /** A tree was grown: what it looks at is paid for. */
  pay({ nodes }: GrownTree): void {
    for (const { feature, leftChild } of nodes) {
      if (leftChild !== 0) this.#paid.add(feature);
    }
  }

  /** What each place costs in a node. */
  of(node: OpenNode, { places }: BinnedLayout): readonly number[] {
    const above = new Set<number>();
    for (let parent = node.parent; parent !== null; parent = parent.parent) {
      const place = parent.split?.place;
      if (place !== undefined) above.add(places[place]?.feature.index ?? -1);
    }
    return places.map(({ feature: { index } }) =>
      this.#paid.has(index) || above.has(index) ? 0 : (this.#costs[index] as number),
    );
  }
}
