/**
 * The kernels that grow a tree in one go. They have no twins of the same names: the plain twin of what they do is
 * tree/grow-tree.ts over tree/backend/cpu, which kernels without them grow by.
 */
export interface LeafKernels {
  // wasm/assembly/grow-leaves.ts
  beginLeaves(plan: number): void;
  growLeaves(plan: number): number;
  markLeaves(plan: number, leafOf: number): void;
  // wasm/assembly/grow-lazily.ts
  beginLazily(plan: number): void;
  growLazily(plan: number): number;
  // wasm/assembly/grow-elsewhere.ts
  packBuilds(plan: number): void;
  // wasm/assembly/settle-leaves.ts
  writeRoutes(plan: number, table: number): void;
  countLeaves(plan: number, counts: number): void;
  settleLeaves(
    plan: number,
    parts: number,
    numParts: number,
    numbers: number,
    values: number,
  ): void;
}

/** Their names. */
export const leafKernelNames = [
  'beginLeaves',
  'growLeaves',
  'markLeaves',
  'beginLazily',
  'growLazily',
  'packBuilds',
  'writeRoutes',
  'countLeaves',
  'settleLeaves',
] as const satisfies readonly (keyof LeafKernels)[];
