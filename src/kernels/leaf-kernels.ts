/**
 * The kernels that grow a tree in one go. They have no twins of the same names: the plain twin of what they do is
 * tree/grow-tree.ts over tree/backend/cpu, which kernels without them, and ranks that meet others, grow by.
 */
export interface LeafKernels {
  // wasm/assembly/grow-leaves.ts
  beginLeaves(plan: number): void;
  growLeaves(plan: number): number;
  markLeaves(plan: number, leafOf: number): void;
}

/** Their names. */
export const leafKernelNames = ['beginLeaves', 'growLeaves', 'markLeaves'] as const;
