/**
 * The training labels that lie in each leaf of a forest, which make it a quantile forest (N. Meinshausen, "Quantile
 * regression forests", 2006). Every training row is in one leaf of each tree, drawn for the tree or not.
 *
 *   labels    float64[numRows] ascending; weights beside them, none where all weigh the same
 *   members   uint32[numTrees · numRows]  of tree t from t · numRows on, leaf by leaf: positions in labels, ascending
 *   memberEnd uint32[numNodes]  the members of a leaf end there and begin where those of the node before end
 */
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { StageWriter } from '../../pipeline/stage-writer.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { sharedCopy } from '../model/shared-trees.ts';

/** See the header. */
export interface LeafLabels {
  readonly labels: Float64Array;
  /** Empty where all rows weigh the same. */
  readonly weights: Float64Array;
  readonly memberEnd: Uint32Array;
  readonly members: Uint32Array;
}

/** Training rows as they were found. */
export interface RowsInLeaves {
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
  /** The node of row i in tree t at t · rows + i, counted from the tree's first. */
  readonly nodes: Uint32Array;
}

const file = 'leaf-labels';

/** Sorts rows into the leaves of the trees. */
export function leafLabels(trees: TreeEnsemble, rows: RowsInLeaves): LeafLabels {
  const numRows = rows.labels.length;
  const order = Uint32Array.from({ length: numRows }, (_, row) => row).sort(
    (a, b) => (rows.labels[a] as number) - (rows.labels[b] as number) || a - b,
  );
  const { weights } = rows;
  const memberEnd = new Uint32Array(trees.leftChild.length);
  const members = new Uint32Array(trees.numTrees * numRows);
  for (let t = 0; t < trees.numTrees; t++) {
    const nodes = rows.nodes.subarray(t * numRows, (t + 1) * numRows);
    const ends = memberEnd.subarray(trees.treeStart[t], trees.treeStart[t + 1]);
    for (const node of nodes) ends[node] = (ends[node] as number) + 1;
    for (let node = 1; node < ends.length; node++)
      ends[node] = (ends[node] as number) + (ends[node - 1] as number);
    const next = new Uint32Array(ends.length);
    next.set(ends.subarray(0, -1), 1);
    const own = members.subarray(t * numRows, (t + 1) * numRows);
    order.forEach((row, position) => {
      const node = nodes[row] as number;
      own[next[node] as number] = position;
      next[node] = (next[node] as number) + 1;
    });
  }
  return {
    labels: Float64Array.from(order, (row) => rows.labels[row] as number),
    weights:
      weights === null
        ? new Float64Array(0)
        : Float64Array.from(order, (row) => weights[row] as number),
    memberEnd,
    members,
  };
}

/** The same in memory that worker threads share. */
export function sharedLeafLabels(found: LeafLabels): LeafLabels {
  return {
    labels: sharedCopy(found.labels),
    weights: sharedCopy(found.weights),
    memberEnd: sharedCopy(found.memberEnd),
    members: sharedCopy(found.members),
  };
}

/** Saves them beside the trees. */
export async function saveLeafLabels(writer: StageWriter, found: LeafLabels): Promise<void> {
  await writer.tensors(file, { ...found });
}

/** Reads them back, checked; null where the model was not fitted for quantiles. */
export function readLeafLabels(reader: StageReader, trees: TreeEnsemble): LeafLabels | null {
  if (!reader.hasTensors(file)) return null;
  const stored = reader.tensors(file);
  const labels = stored.get('labels', Float64Array);
  const weights = stored.get('weights', Float64Array);
  const found: LeafLabels = {
    labels,
    weights: weights.length === 0 ? weights : stored.get('weights', Float64Array, labels.length),
    memberEnd: stored.get('memberEnd', Uint32Array, trees.leftChild.length),
    members: stored.get('members', Uint32Array, trees.numTrees * labels.length),
  };
  const problem = problemOf(found, trees);
  if (problem !== null) throw reader.malformed(problem);
  return found;
}

function problemOf({ labels, weights, memberEnd, members }: LeafLabels, trees: TreeEnsemble) {
  const isOrdered = labels.every((label, i) => i === 0 || label >= (labels[i - 1] as number));
  if (!isOrdered || !labels.every(Number.isFinite)) return 'has leaf labels that do not ascend';
  if (!weights.every((weight) => weight > 0 && Number.isFinite(weight)))
    return 'has a leaf label whose weight is not above 0';
  if (!members.every((member) => member < labels.length))
    return 'has a leaf with a label that it does not have';
  for (let t = 0; t < trees.numTrees; t++) {
    const ends = memberEnd.subarray(trees.treeStart[t], trees.treeStart[t + 1]);
    const ascends = ends.every((end, i) => i === 0 || end >= (ends[i - 1] as number));
    if (!ascends || ends.at(-1) !== labels.length)
      return 'has leaves that do not share out its labels';
  }
  return null;
}
