/**
 * Which labels does a quantile forest expect for a row? The labels of the leaves that the row ends in, each tree's
 * with the same total weight (N. Meinshausen, 2006, equations 4 to 6); a quantile is the least label that so much of
 * the weight does not exceed. Weights are added tree by tree, then label by label, so the bits are the same in any
 * batch and thread. Cost: the members of one leaf a tree, and sorting those that differ.
 */
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import type { LeafLabels } from './leaf-labels.ts';

/** What rounding may leave of a sum that ought to be reached. */
const slack = 1 - 1e-12;

/** Finds quantiles, row by row. */
export class LabelQuantiles {
  readonly #trees: TreeEnsemble;
  readonly #found: LeafLabels;
  /** Total weight of each leaf's members. */
  readonly #totals: Float64Array;
  readonly #weightOf: Float64Array;
  readonly #touched: Uint32Array;

  constructor(trees: TreeEnsemble, found: LeafLabels) {
    this.#trees = trees;
    this.#found = found;
    this.#weightOf = new Float64Array(found.labels.length);
    this.#touched = new Uint32Array(found.labels.length);
    this.#totals = leafTotals(trees, found);
  }

  /**
   * @param nodes node of each tree, counted from its first, `step` apart
   * @param probabilities ascending, between 0 and 1
   */
  quantilesInto(
    nodes: Uint32Array,
    place: { readonly first: number; readonly step: number },
    probabilities: readonly number[],
    out: Float64Array,
  ): void {
    const { labels } = this.#found;
    const touched = this.#touched.subarray(0, this.#addTrees(nodes, place)).sort();
    const weightOf = this.#weightOf;
    let total = 0;
    for (const member of touched) total += weightOf[member] as number;
    let reached = 0;
    let next = 0;
    for (const member of touched) {
      reached += weightOf[member] as number;
      weightOf[member] = 0;
      while (
        next < probabilities.length &&
        reached >= (probabilities[next] as number) * total * slack
      ) {
        out[next++] = labels[member] as number;
      }
    }
  }

  /** Adds the weights of the leaves' members; returns how many differ. */
  #addTrees(nodes: Uint32Array, { first, step }: { first: number; step: number }): number {
    const { treeStart, numTrees } = this.#trees;
    const { labels, weights, memberEnd, members } = this.#found;
    const weightOf = this.#weightOf;
    let count = 0;
    for (let t = 0; t < numTrees; t++) {
      const start = treeStart[t] as number;
      const node = start + (nodes[first + t * step] as number);
      const end = memberEnd[node] as number;
      const total = this.#totals[node] as number;
      for (let at = node === start ? 0 : (memberEnd[node - 1] as number); at < end; at++) {
        const member = members[t * labels.length + at] as number;
        const before = weightOf[member] as number;
        if (before === 0) this.#touched[count++] = member;
        weightOf[member] =
          before + (weights.length === 0 ? 1 : (weights[member] as number)) / total;
      }
    }
    return count;
  }
}

function leafTotals(
  trees: TreeEnsemble,
  { weights, memberEnd, members }: LeafLabels,
): Float64Array {
  const totals = new Float64Array(memberEnd.length);
  const numRows = trees.numTrees === 0 ? 0 : members.length / trees.numTrees;
  for (let t = 0; t < trees.numTrees; t++) {
    let at = 0;
    for (
      let node = trees.treeStart[t] as number;
      node < (trees.treeStart[t + 1] as number);
      node++
    ) {
      const end = memberEnd[node] as number;
      if (weights.length === 0) totals[node] = end - at;
      let total = 0;
      for (; at < end && weights.length > 0; at++)
        total += weights[members[t * numRows + at] as number] as number;
      if (weights.length > 0) totals[node] = total;
      at = end;
    }
  }
  return totals;
}
