/** One tree as nodes of PMML; a split that parts nothing is left out. */
import { nodeFlag } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { type PmmlFeature, sidesOf } from './split-predicates.ts';

/** A tree, and how its leaves are told. */
export interface WrittenTree {
  readonly trees: TreeEnsemble;
  readonly tree: number;
  readonly features: readonly (PmmlFeature | undefined)[];
  /** The attributes of a leaf behind a space, and what it contains. @param node counted over all trees */
  readonly leaf: (node: number) => readonly [attributes: string, content: string];
}

/** A node that is to be written under a number, that of the child of a split. */
interface Open {
  readonly node: number;
  readonly id: number;
  readonly predicate: string;
}

/** Appends the nodes of a tree. */
export function appendNodes(parts: string[], { trees, tree, features, leaf }: WrittenTree): void {
  const start = trees.treeStart[tree] as number;
  const open: (string | Open)[] = [{ node: start, id: 0, predicate: '<True/>' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') {
      parts.push(next);
      continue;
    }
    const { node, id, predicate } = next;
    const left = trees.leftChild[node] as number;
    if (left === 0) {
      const [attributes, content] = leaf(node);
      parts.push(`<Node id="${id}"${attributes}>${predicate}${content}</Node>\n`);
      continue;
    }
    const sides = sidesOf(trees, node, features[trees.feature[node] as number] as PmmlFeature);
    const right = left + 1;
    if (typeof sides === 'string') {
      open.push({ node: start + (sides === 'left' ? left : right), id, predicate });
      continue;
    }
    const missingGoesLeft = ((trees.flags[node] as number) & nodeFlag.missingGoesLeft) !== 0;
    parts.push(`<Node id="${id}" defaultChild="${missingGoesLeft ? left : right}">${predicate}\n`);
    open.push('</Node>\n', { node: start + right, id: right, predicate: sides[1] });
    open.push({ node: start + left, id: left, predicate: sides[0] });
  }
}

/** The features that some split of these trees compares, ascending. */
export function usedFeatures(trees: TreeEnsemble, of: readonly number[]): number[] {
  const used = new Set<number>();
  for (const tree of of) {
    const end = trees.treeStart[tree + 1] as number;
    for (let node = trees.treeStart[tree] as number; node < end; node++)
      if (trees.leftChild[node] !== 0) used.add(trees.feature[node] as number);
  }
  return [...used].sort((a, b) => a - b);
}
