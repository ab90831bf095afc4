/**
 * Brings the values of a grown forest tree's nodes within what its splits on monotone features allow: the middle between the
 * values of such a split's sides bounds all below either. Leaves so keep the order whatever rows they were learned from.
 * Splits were chosen by rounded sums (tree/backend/cpu/forest-bounds.ts), so most values stay as they are.
 */
import type { ForestNodes } from '../../tree/backend/cpu/forest-nodes.ts';

/** @param directions 1 rising, −1 falling, 0 free, by place; of two classes the second one's share is meant */
export function boundNodes(nodes: ForestNodes, directions: Int8Array): void {
  const { numOutputs, value, variance, hasVariances } = nodes;
  const place = numOutputs - 1;
  const lower = new Float64Array(nodes.size).fill(Number.NEGATIVE_INFINITY);
  const upper = new Float64Array(nodes.size).fill(Number.POSITIVE_INFINITY);
  const within = (node: number, [low, high]: readonly [number, number]): number =>
    Math.min(high, Math.max(low, value[node * numOutputs + place] as number));
  // children come after their parents
  for (let node = 0; node < nodes.size; node++) {
    const bounds = [lower[node] as number, upper[node] as number] as const;
    const at = node * numOutputs;
    const [free, bounded] = [value[at + place] as number, within(node, bounds)];
    if (bounded !== free) {
      value[at + place] = bounded;
      if (numOutputs === 2) value[at] = 1 - bounded;
      // around the value that is predicted
      const moved = bounded - free;
      if (hasVariances) variance[node] = (variance[node] as number) + moved * moved;
    }
    const left = nodes.leftChild[node] as number;
    if (left === 0) continue;
    lower.fill(bounds[0], left, left + 2);
    upper.fill(bounds[1], left, left + 2);
    const direction = directions[nodes.place[node] as number] as number;
    if (direction === 0) continue;
    const middle = within(left, bounds) / 2 + within(left + 1, bounds) / 2;
    const [low, high] = direction > 0 ? [left, left + 1] : [left + 1, left];
    upper[low] = middle;
    lower[high] = middle;
  }
}
