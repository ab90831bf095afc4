/**
 * The top of a tree: the nodes that so many rows pass that the kernel decides them for all rows of a block at
 * once, whether a row passes or not. Returns it as the kernel's program (wasm/assembly/predict.ts): for each
 * way down by the left, the nodes on it, and before a node with more of the top to its right that part first.
 */
import type { TreeEnsemble } from '../tree-ensemble.ts';

/** The top of one tree. */
export interface TreeTop {
  readonly program: readonly TopStep[];
  /** The nodes below the top, counted from the tree's root, from left to right. */
  readonly exits: readonly number[];
}

/** One instruction. */
export interface TopStep {
  /** 0 a node with an exit to its right, 1 the right side begins, 2 it ends. */
  readonly kind: 0 | 1 | 2;
  /** Counted from the tree's root; unused where the right side begins. */
  readonly node: number;
  /** Unused where the right side ends. */
  readonly exit: number;
}

/** Deciding a node for a row in the block costs this share of a step of the row by itself. */
const leastShare = 1 / 64;
/** Exits are numbered by a byte; the stack of the kernel holds as many. */
const mostNodes = 127;

/** Chooses the top and writes its program. */
export function treeTop(e: TreeEnsemble, tree: number): TreeTop {
  const start = e.treeStart[tree] as number;
  const isTop = topNodes(e, tree);
  const left = (node: number): number => e.leftChild[start + node] as number;
  const exits: number[] = [];
  const exitOf = new Map<number, number>();
  const numberExits = (node: number): void => {
    if (isTop.has(node)) {
      numberExits(left(node));
      numberExits(left(node) + 1);
    } else {
      exitOf.set(node, exits.length);
      exits.push(node);
    }
  };
  numberExits(0);
  const program: TopStep[] = [];
  const write = (root: number): void => {
    for (let node = root; isTop.has(node); node = left(node)) {
      const right = left(node) + 1;
      if (isTop.has(right)) {
        let first = right;
        while (isTop.has(first)) first = left(first);
        program.push({ kind: 1, node: right, exit: exitOf.get(first) as number });
        write(right);
        program.push({ kind: 2, node, exit: 0 });
      } else program.push({ kind: 0, node, exit: exitOf.get(right) as number });
    }
  };
  write(0);
  return { program, exits };
}

/** The inner nodes that at least a share of the rows pass; the share grows until they are few enough. */
function topNodes(e: TreeEnsemble, tree: number): Set<number> {
  const start = e.treeStart[tree] as number;
  for (let least = leastShare; ; least *= 2) {
    const top = new Set<number>();
    const open = [{ node: 0, share: 1 }];
    for (let each = open.pop(); each !== undefined && top.size <= mostNodes; each = open.pop()) {
      const { node, share } = each;
      const left = e.leftChild[start + node] as number;
      if (left === 0 || share < least) continue;
      top.add(node);
      const [a, b] = [e.rows[start + left] as number, e.rows[start + left + 1] as number];
      const leftShare = a >= 0 && b >= 0 && a + b > 0 ? a / (a + b) : 0.5;
      open.push({ node: left, share: share * leftShare });
      open.push({ node: left + 1, share: share * (1 - leftShare) });
    }
    if (top.size <= mostNodes) return top;
  }
}
