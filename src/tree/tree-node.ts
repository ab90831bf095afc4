/** What a node of a tree says about itself: where it lies, how it parts its rows, and why in that way. */

/** Another split that might have been taken. */
export interface RunnerUp {
  /** Its feature's name. */
  readonly feature: string;
  /** Its place in the model's features. */
  readonly featureIndex: number;
  /** How much it would have lowered the loss. */
  readonly gain: number;
}

/** How a node parts its rows, and why. */
export interface TreeSplit {
  /** The feature's name. */
  readonly feature: string;
  /** Its place in the model's features. */
  readonly featureIndex: number;
  /** Whether values are compared with a threshold, or looked up among categories. */
  readonly kind: 'numeric' | 'category';
  /** A numeric split sends value <= threshold left; null for categories. */
  readonly threshold: number | null;
  /** The categories that go left, in the model's order; null for numbers. */
  readonly leftCategories: readonly string[] | null;
  /** Where a missing value goes. */
  readonly missingGoesLeft: boolean;
  /** Where a category goes that training did not see in this node; false for numbers. */
  readonly unseenGoesLeft: boolean;
  /** How much the split lowered the loss. */
  readonly gain: number;
  /** It was asked for (`forcedSplits`), whatever it gains. */
  readonly isForced: boolean;
  /** The best split of any other feature; null where there was none. */
  readonly runnerUp: RunnerUp | null;
}

/** A node of a tree. */
export interface TreeNode {
  /** Its number in the tree; the root is 0, children have higher numbers. */
  readonly index: number;
  /** How many splits lie above it. */
  readonly depth: number;
  /** How many rows of the training data fell into it. */
  readonly rows: number;
  /** Their weight: the sum of hessians in boosting, of weights in a forest. */
  readonly cover: number;
  /** A leaf's values, one an output; of an inner node the mean of the leaves below, by cover. */
  readonly value: Float64Array;
  /** Null at a leaf. */
  readonly split: TreeSplit | null;
  /** The leaf's number from the left, as in `leafCol`; null at an inner node. */
  readonly leafNumber: number | null;
  /** Null at the root. */
  readonly parent: TreeNode | null;
  /** Null at a leaf. */
  readonly left: TreeNode | null;
  /** Null at a leaf. */
  readonly right: TreeNode | null;
}
