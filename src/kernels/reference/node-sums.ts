/** What a node adds up to and which limits its splits have, as the split finders read them from memory. */
import { toI64, type Views } from './views.ts';

/** int64 arithmetic wraps. */
export const wrap = (x: bigint): bigint => BigInt.asIntN(64, x);

/** The limits and sums that every candidate of a node is measured with. */
export interface NodeSums {
  readonly gradUnit: number;
  readonly hessUnit: number;
  readonly lambda: number;
  readonly minHess: number;
  readonly minRows: bigint;
  readonly counted: boolean;
  readonly countShift: bigint;
  readonly hessMask: bigint;
  readonly totalHess: bigint;
  readonly G: number;
  readonly H: number;
}

/** Reads the structures that wasm/assembly/find-split.ts draws. */
export function readNodeSums(m: Views, params: number, totals: number): NodeSums {
  const gradUnit = m.f64(params);
  const hessUnit = m.f64(params + 8);
  const countShift = m.i32(params + 64);
  const counted = countShift < 63;
  const hessMask = counted ? (1n << BigInt(countShift)) - 1n : -1n;
  const totalHess = m.i64(totals + 8);
  return {
    gradUnit,
    hessUnit,
    lambda: m.f64(params + 16),
    minHess: m.f64(params + 24),
    minRows: toI64(m.f64(params + 32)),
    counted,
    countShift: BigInt(countShift),
    hessMask,
    totalHess,
    G: Number(m.i64(totals)) * gradUnit,
    H: Number(totalHess & hessMask) * hessUnit,
  };
}

/** Where rows that the node did not see go: with the heavier side, left when they are equal. */
export function heavierLeft(node: NodeSums, leftHess: bigint): number {
  const HL = leftHess & node.hessMask;
  return wrap(HL + HL) >= (node.totalHess & node.hessMask) ? 1 : 0;
}
