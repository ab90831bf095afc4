/** Attributes of a tree of ONNX that looks a number up among others. */

/** A tree that tells how many of some ascending numbers a value reaches, or lies above. */
export function searchAttributes(edges: Float64Array, counts: 'reached' | 'above' = 'reached') {
  const count = edges.length;
  // a tree has a split; one that all values fail tells 0 on both sides
  const splits = count === 0 ? Float64Array.of(0) : edges;
  const children: [number[], number[]] = [[], []];
  const areLeaves: [number[], number[]] = [[], []];
  const thresholds: number[] = [];
  const grow = (from: number, to: number): { at: number; isLeaf: boolean } => {
    if (from === to) return { at: count === 0 ? 0 : from, isLeaf: true };
    const middle = (from + to) >> 1;
    const at = thresholds.push(splits[middle] as number) - 1;
    const sides = [grow(from, middle), grow(middle + 1, to)];
    sides.forEach((side, s) => {
      (children[s] as number[])[at] = side.at;
      (areLeaves[s] as number[])[at] = side.isLeaf ? 1 : 0;
    });
    return { at, isLeaf: false };
  };
  grow(0, splits.length);
  const doubles = (values: readonly number[]) =>
    ({ type: 'double', dims: [values.length], values: Float64Array.from(values) }) as const;
  // a value goes left below the number, or up to it
  const mode = counts === 'reached' ? 1 : 0;
  const numSplits = thresholds.length;
  return {
    aggregate_function: 1,
    post_transform: 0,
    n_targets: 1,
    tree_roots: [0],
    nodes_featureids: new Uint32Array(numSplits),
    nodes_modes: {
      type: 'uint8',
      dims: [numSplits],
      values: new Uint8Array(numSplits).fill(mode),
    },
    nodes_splits: doubles(thresholds),
    nodes_missing_value_tracks_true: new Uint8Array(numSplits).fill(1),
    nodes_truenodeids: children[0],
    nodes_trueleafs: areLeaves[0],
    nodes_falsenodeids: children[1],
    nodes_falseleafs: areLeaves[1],
    leaf_targetids: new Uint32Array(count + 1),
    leaf_weights: doubles(Array.from({ length: count + 1 }, (_, i) => i)),
  } as const;
}
