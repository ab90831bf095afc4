/**
 * Decides which node of a forest's tree is split next. Without a limit of leaves the order cannot change the tree:
 * a rank alone goes into the depth, where a node's rows are still in its cache; ranks together take all open nodes
 * at once. With a limit the open leaf of the highest gain is next, ties to the lower path.
 */
import { isPromise } from '../base/awaitable.ts';
import { Heap } from '../base/heap.ts';
import { mix32 } from '../base/rng.ts';
import type { ForestFindings } from './backend/cpu/forest-findings.ts';
import type { ForestNodes } from './backend/cpu/forest-nodes.ts';
import type { ForestRows } from './backend/cpu/forest-rows.ts';
import type { ForestSearch } from './backend/cpu/forest-search.ts';
import type { GrowthLimits } from './grow-tree.ts';

/** Finishes small nodes of a tree that ranks share (training/forest/local-finish.ts). */
export interface SmallNodes {
  /** Sets open nodes aside, whose splits are found; returns those that all ranks go on with. */
  setAside(open: readonly number[]): number[];
  /** Grows all below the nodes that were set aside. @param addChildren makes a node's children, returns the left one */
  finish(addChildren: (node: number) => number): Promise<void>;
}

/** What grows a tree. */
export interface ForestTreeParts {
  readonly nodes: ForestNodes;
  readonly rows: Pick<ForestRows, 'split'>;
  readonly search: ForestSearch;
  readonly findings: ForestFindings;
  readonly limits: GrowthLimits;
  /** False where the sums of a leaf say all of it: rows of the last level then need not be moved. */
  readonly needsLeafRows: boolean;
  /** Left out where all nodes are grown alike. */
  readonly small?: SmallNodes | null;
}

/** Grows trees one after another in the same table. */
export class ForestTreeGrower {
  readonly #p: ForestTreeParts;
  /** Nodes with a split that is not made yet. */
  #open: number[] = [];
  #paths: string[] = [];

  constructor(parts: ForestTreeParts) {
    this.#p = parts;
  }

  /**
   * Grows a tree from rows that lie in the first buffer.
   * @returns its nodes in the order of their numbers in the model
   */
  async grow(numRows: number, key: number): Promise<Uint32Array> {
    const { nodes, limits } = this.#p;
    nodes.clear();
    this.#open = [];
    const root = nodes.add(-1, mix32(key), 0);
    nodes.bounds?.open(root);
    nodes.start[root] = 0;
    nodes.count[root] = numRows;
    const searched = this.#search([root], limits.maxDepth > 0 && limits.maxLeaves > 1);
    if (isPromise(searched)) await searched;
    if (limits.maxLeaves !== Number.POSITIVE_INFINITY) return await this.#growByLeaf();
    await this.#growByLevel();
    return nodes.byLevel();
  }

  /** Grows all that lies below nodes of the table, whose splits are found and whose rows lie ready. */
  async growBelow(roots: readonly number[]): Promise<void> {
    this.#open = [...roots];
    await this.#growByLevel();
  }

  async #growByLevel(): Promise<void> {
    const { nodes, search, limits, small = null } = this.#p;
    for (;;) {
      if (small !== null) this.#open = small.setAside(this.#open);
      if (this.#open.length === 0) break;
      const parents = search.isTogether ? this.#open : [this.#open.pop() as number];
      if (search.isTogether) this.#open = [];
      const children: number[] = [];
      for (const parent of parents) this.#split(parent, children);
      const level = (nodes.depth[parents[0] as number] as number) + 1;
      const searched = this.#search(children, level < limits.maxDepth);
      if (isPromise(searched)) await searched;
    }
    if (small !== null) await small.finish((node) => this.#addChildren(node));
  }

  async #growByLeaf(): Promise<Uint32Array> {
    const { nodes, limits } = this.#p;
    this.#paths = [''];
    const open = new Heap<number>((a, b) => this.#comesBefore(a, b));
    let numLeaves = 1;
    for (;;) {
      for (const node of this.#open.splice(0)) open.push(node);
      if (open.size === 0 || numLeaves >= limits.maxLeaves) break;
      const parent = open.pop();
      numLeaves += 1;
      const children: number[] = [];
      this.#split(parent, children);
      const path = this.#paths[parent] as string;
      this.#paths[children[0] as number] = `${path}0`;
      this.#paths[children[1] as number] = `${path}1`;
      // the children of the last split can only be leaves
      const wantsSplits = numLeaves < limits.maxLeaves && path.length + 1 < limits.maxDepth;
      const searched = this.#search(children, wantsSplits);
      if (isPromise(searched)) await searched;
    }
    return Uint32Array.from({ length: nodes.size }, (_, i) => i);
  }

  #search(found: readonly number[], wantsSplits: boolean): void | Promise<void> {
    return this.#p.search.search(found, wantsSplits, (node, best) => this.#found(node, best));
  }

  #found(node: number, best: number): void {
    const { nodes, limits, findings, needsLeafRows } = this.#p;
    const isLast = (nodes.depth[node] as number) + 1 === limits.maxDepth;
    if (!isLast || needsLeafRows || limits.maxLeaves !== Number.POSITIVE_INFINITY) {
      this.#open.push(node);
      return;
    }
    this.#addChildren(node);
    findings.takeChildren(node, best);
  }

  #split(parent: number, children: number[]): void {
    const { nodes, rows } = this.#p;
    const left = this.#addChildren(parent);
    rows.split(nodes, parent);
    children.push(left, left + 1);
  }

  #addChildren(parent: number): number {
    const { nodes } = this.#p;
    const key = nodes.key[parent] as number;
    const depth = (nodes.depth[parent] as number) + 1;
    const left = nodes.add(parent, mix32(key ^ 0x5bd1e995), depth);
    nodes.add(parent, mix32(key ^ 0x2545f491), depth);
    nodes.leftChild[parent] = left;
    nodes.bounds?.split(parent, left, nodes.place[parent] as number);
    return left;
  }

  #comesBefore(a: number, b: number): boolean {
    const { gain } = this.#p.nodes;
    const difference = (gain[a] as number) - (gain[b] as number);
    if (difference !== 0) return difference > 0;
    return (this.#paths[a] as string) < (this.#paths[b] as string);
  }
}
