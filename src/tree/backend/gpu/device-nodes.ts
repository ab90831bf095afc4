/** What a node of a boosted tree has on a device: where its rows are, and what their gradients sum to. */
import type { OpenNode } from '../backend.ts';
import type { NodeTotals } from '../cpu/candidate.ts';
import type { Segment } from '../cpu/row-store.ts';

/** See the header. */
export interface NodeState {
  /** On the device of this process; of no rows on ranks that drive none, and until they are known. */
  segment: Segment;
  readonly totals: NodeTotals;
  /** Its children, where it was split, if only ahead of its turn. */
  children?: readonly OpenNode[];
}

/** Of a rank that drives no device. */
export const noRows: Segment = { buffer: 0, start: 0, count: 0 };

/**
 * A leaf's rows. One that was split ahead in vain still has them where they were, unless a child was split as well:
 * that moved rows back over them, so they are the children's.
 */
export function segmentsOf(node: OpenNode): readonly Segment[] {
  const { segment, children } = node.state as NodeState;
  const isCovered = children?.some((child) => (child.state as NodeState).children !== undefined);
  if (children === undefined || isCovered !== true) return [segment];
  return children.flatMap((child) => segmentsOf(child));
}
