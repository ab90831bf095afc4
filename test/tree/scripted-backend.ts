/** A backend without rows: what each node may gain is known by its path, and every call is written down. */
import { type BinnedLayout, layoutRecords } from '../../src/binning/binned-layout.ts';
import type { OpenNode, SiblingPair, Split, TreeBackend } from '../../src/tree/backend/backend.ts';

/** Gain of the best split of the node at a path, null where it has none. */
export type GainOf = (path: string) => number | null;

/** Two numeric features and a category of 40 values. */
export const scriptedLayout: BinnedLayout = layoutRecords(
  [
    {
      name: 'a',
      index: 0,
      kind: 'numeric',
      edges: Float64Array.of(1.5, 2.5),
      categories: [],
      isFloat32: false,
    },
    {
      name: 'b',
      index: 1,
      kind: 'numeric',
      edges: Float64Array.of(10),
      categories: [],
      isFloat32: false,
    },
    {
      name: 'c',
      index: 2,
      kind: 'category',
      edges: new Float64Array(0),
      categories: Array.from({ length: 40 }, (_, i) => `c${i}`),
      isFloat32: false,
    },
  ],
  [true, false, true],
  4,
);

/** See the header. */
export class ScriptedBackend implements TreeBackend {
  readonly maxPairs: number;
  readonly maxAhead: number;
  readonly aheadShare: number;
  /** Paths of the parents of each call of split. */
  readonly calls: string[][] = [];
  readonly closed: string[] = [];
  /** Paths whose splits were wanted. */
  readonly searched: string[] = [];
  readonly keys = new Map<string, number>();
  readonly #gainOf: GainOf;
  readonly #isAsync: boolean;
  readonly #split: Partial<Split>;

  constructor(
    gainOf: GainOf,
    options: {
      maxPairs?: number;
      maxAhead?: number;
      aheadShare?: number;
      isAsync?: boolean;
      split?: Partial<Split>;
    } = {},
  ) {
    this.#gainOf = gainOf;
    this.maxPairs = options.maxPairs ?? 1;
    this.maxAhead = options.maxAhead ?? 1;
    this.aheadShare = options.aheadShare ?? 0;
    this.#isAsync = options.isAsync ?? false;
    this.#split = options.split ?? {};
  }

  openRoot(root: OpenNode, wantsSplit: boolean): void | Promise<void> {
    this.#open(root, wantsSplit);
    return this.#isAsync ? Promise.resolve() : undefined;
  }

  split(pairs: readonly SiblingPair[]): void | Promise<void> {
    this.calls.push(pairs.map((pair) => pair.parent.path));
    for (const { left, right, wantsSplits } of pairs) {
      this.#open(left, wantsSplits);
      this.#open(right, wantsSplits);
    }
    return this.#isAsync ? Promise.resolve() : undefined;
  }

  close(node: OpenNode): void {
    this.closed.push(node.path);
  }

  #open(node: OpenNode, wantsSplit: boolean): void {
    this.keys.set(node.path, node.key);
    node.cover = 100 - node.path.length;
    node.rows = 50 - node.path.length;
    const gain = wantsSplit ? this.#gainOf(node.path) : null;
    if (wantsSplit) this.searched.push(node.path);
    node.split = gain === null ? null : { ...plainSplit, gain, ...this.#split };
  }
}

const plainSplit: Split = {
  place: 0,
  bin: 1,
  leftBins: null,
  missingGoesLeft: false,
  heavierIsLeft: true,
  gain: 0,
  runnerUpGain: 0.25,
  runnerUpPlace: 1,
  detail: null,
};
