/**
 * One tree of a model to walk through: nodes with their split, why it was chosen, and what fell into them.
 * Nothing is copied but names; the arrays of the forest stay the truth.
 */
import { leftCategories } from './left-categories.ts';
import { expectedValues } from './node-shares.ts';
import { nodeFlag } from './tree.ts';
import { treeToDot } from './tree-dot.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';
import type { TreeNode, TreeSplit } from './tree-node.ts';
import { type NamedFeature, treeToText } from './tree-text.ts';

/** A node while the view is made. */
type OpenNode = { -readonly [K in keyof TreeNode]: TreeNode[K] };

/**
 * One tree of a model, from `model.tree(i)`.
 *
 * @example
 * ```ts
 * import { createTable, DecisionTreeRegressor } from 'coppice';
 * const table = createTable({ age: [20, 30, 40, 50], label: [1, 1, 5, 5] });
 * const model = await new DecisionTreeRegressor({ featuresCols: ['age'] }).fit(table);
 * const { root } = model.tree(0);
 * console.log(root.split?.feature, root.split?.threshold, root.left?.rows); // age 35 2
 * ```
 */
export class TreeView {
  /** The tree's number in the model. */
  readonly number: number;
  /** The node where every row begins. */
  readonly root: TreeNode;
  readonly #ensemble: TreeEnsemble;
  readonly #features: readonly NamedFeature[];
  readonly #nodes: OpenNode[] = [];

  /** @internal Views are made by `model.tree(i)`. */
  constructor(ensemble: TreeEnsemble, number: number, features: readonly NamedFeature[]) {
    this.number = number;
    this.#ensemble = ensemble;
    this.#features = features;
    this.root = this.#build();
  }

  /** Every node, by its number. */
  get nodes(): readonly TreeNode[] {
    return this.#nodes;
  }

  /** How many leaves there are. */
  get numLeaves(): number {
    return (this.#nodes.length + 1) / 2;
  }

  /** Most splits between the root and a leaf. */
  get depth(): number {
    return this.#nodes.reduce((most, node) => Math.max(most, node.depth), 0);
  }

  /** Every node, each before its children, left before right. */
  *walk(): Generator<TreeNode, void, undefined> {
    const open = [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      yield node;
      if (node.right !== null && node.left !== null) open.push(node.right, node.left);
    }
  }

  /** The tree as indented text. */
  toText(): string {
    return treeToText(this.#ensemble, this.number, this.#features);
  }

  /** The tree in the language of Graphviz: `dot -Tsvg` makes a picture of it. */
  toDot(): string {
    return treeToDot(this.number, this.walk());
  }

  #build(): TreeNode {
    const e = this.#ensemble;
    const start = e.treeStart[this.number] as number;
    const end = e.treeStart[this.number + 1] as number;
    const values = expectedValues(e, this.number);
    const nodes = this.#nodes;
    for (let index = 0; index < end - start; index++) {
      nodes.push({
        index,
        depth: 0,
        rows: e.rows[start + index] as number,
        cover: e.cover[start + index] as number,
        value: values.slice(index * e.numOutputs, (index + 1) * e.numOutputs),
        split: this.#split(start + index),
        leafNumber: null,
        parent: null,
        left: null,
        right: null,
      });
    }
    nodes.forEach((node, index) => {
      const left = e.leftChild[start + index] as number;
      if (left === 0) return;
      const children = [nodes[left] as OpenNode, nodes[left + 1] as OpenNode] as const;
      [node.left, node.right] = children;
      for (const child of children) {
        child.parent = node;
        child.depth = node.depth + 1;
      }
    });
    numberLeaves(nodes[0] as OpenNode);
    return nodes[0] as OpenNode;
  }

  #split(n: number): TreeSplit | null {
    const e = this.#ensemble;
    if ((e.leftChild[n] as number) === 0) return null;
    const featureIndex = e.feature[n] as number;
    const flags = e.flags[n] as number;
    const isCategory = (flags & nodeFlag.isCategory) !== 0;
    const runnerUp = e.runnerUpFeature[n] as number;
    return {
      feature: this.#nameOf(featureIndex),
      featureIndex,
      kind: isCategory ? 'category' : 'numeric',
      threshold: isCategory ? null : (e.threshold[n] as number),
      leftCategories: isCategory ? this.#leftCategories(n) : null,
      missingGoesLeft: (flags & nodeFlag.missingGoesLeft) !== 0,
      unseenGoesLeft: isCategory && (flags & nodeFlag.unseenGoesLeft) !== 0,
      gain: e.gain[n] as number,
      isForced: (flags & nodeFlag.isForced) !== 0,
      runnerUp:
        runnerUp < 0
          ? null
          : {
              feature: this.#nameOf(runnerUp),
              featureIndex: runnerUp,
              gain: e.runnerUpGain[n] as number,
            },
    };
  }

  #leftCategories(n: number): string[] {
    const { feature } = this.#ensemble;
    const names = this.#features[feature[n] as number]?.categories ?? [];
    return leftCategories(this.#ensemble, n, names);
  }

  #nameOf(feature: number): string {
    return this.#features[feature]?.name ?? `feature ${feature}`;
  }
}

/** From the left, as leafCol numbers them. */
function numberLeaves(root: OpenNode): void {
  let next = 0;
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.left === null || node.right === null) node.leafNumber = next++;
    else open.push(node.right as OpenNode, node.left as OpenNode);
  }
}
