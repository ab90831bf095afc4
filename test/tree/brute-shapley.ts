/**
 * SHAP values by their definition: the game of a row is the score expected when only some features are known,
 * and a feature's value is its mean marginal over all orders. Exponential; for trees of a few features.
 */
import { sharesOf } from '../../src/tree/node-shares.ts';
import type { FeatureValues } from '../../src/tree/predictor.ts';
import { categoryGoesLeft, valueGoesLeft } from '../../src/tree/predictor.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';

/** One row of a batch. */
export interface BatchRow {
  readonly columns: ReadonlyMap<number, FeatureValues>;
  readonly row: number;
}

function goesLeft(e: TreeEnsemble, node: number, { columns, row }: BatchRow): boolean {
  const column = columns.get(e.feature[node] as number) as FeatureValues;
  if (column.kind === 'numeric') return valueGoesLeft(e, node, column.values[row] as number);
  const code = column.codes[row] as number;
  return categoryGoesLeft(e, node, code < 0 ? null : (column.binOf[code] as number));
}

/** What a tree gives when only these features are known: the others go both ways by share. */
export function scoreKnowing(
  e: TreeEnsemble,
  tree: number,
  given: BatchRow & { readonly known: ReadonlySet<number>; readonly output: number },
): number {
  const start = e.treeStart[tree] as number;
  const below = (node: number): number => {
    const left = e.leftChild[start + node] as number;
    if (left === 0) return e.value[(start + node) * e.numOutputs + given.output] as number;
    if (given.known.has(e.feature[start + node] as number)) {
      return below(goesLeft(e, start + node, given) ? left : left + 1);
    }
    const [leftShare, rightShare] = sharesOf(e, start + node, start);
    return leftShare * below(left) + rightShare * below(left + 1);
  };
  return below(0);
}

/** The value of each feature in one tree. */
export function bruteShapley(
  e: TreeEnsemble,
  tree: number,
  given: BatchRow & { readonly numFeatures: number; readonly output: number },
): Float64Array {
  const { numFeatures } = given;
  const games = Float64Array.from({ length: 1 << numFeatures }, (_, set) =>
    scoreKnowing(e, tree, { ...given, known: featuresOf(set, numFeatures) }),
  );
  const phi = new Float64Array(numFeatures);
  for (let i = 0; i < numFeatures; i++) {
    for (let set = 0; set < games.length; set++) {
      if (((set >> i) & 1) === 1) continue;
      const weight = setWeight(popCount(set), numFeatures);
      const marginal = (games[set | (1 << i)] as number) - (games[set] as number);
      phi[i] = (phi[i] as number) + weight * marginal;
    }
  }
  return phi;
}

/** The interaction of each pair in one tree, by its definition; zeros on the diagonal. */
export function bruteInteractions(
  e: TreeEnsemble,
  tree: number,
  given: BatchRow & { readonly numFeatures: number; readonly output: number },
): Float64Array {
  const { numFeatures: n } = given;
  const games = Float64Array.from({ length: 1 << n }, (_, set) =>
    scoreKnowing(e, tree, { ...given, known: featuresOf(set, n) }),
  );
  const game = (set: number): number => games[set] as number;
  const found = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const [a, b] = [1 << i, 1 << j];
      for (let set = 0; i !== j && set < games.length; set++) {
        if ((set & (a | b)) !== 0) continue;
        const weight = setWeight(popCount(set), n - 1) / 2;
        const together = game(set | a | b) - game(set | a) - game(set | b) + game(set);
        found[i * n + j] = (found[i * n + j] as number) + weight * together;
      }
    }
  }
  return found;
}

/**
 * The same for paths of many features, leaf by leaf: over the sets of a leaf's other features, counted by
 * their size as the coefficients of Π (z + o x). All terms are positive, so it is good to the last digits.
 */
export function pathShapley(
  e: TreeEnsemble,
  tree: number,
  given: BatchRow & { readonly numFeatures: number; readonly output: number },
): Float64Array {
  const start = e.treeStart[tree] as number;
  const phi = new Float64Array(given.numFeatures);
  const below = (node: number, path: ReadonlyMap<number, { o: number; z: number }>): void => {
    const left = e.leftChild[start + node] as number;
    if (left === 0) {
      const value = e.value[(start + node) * e.numOutputs + given.output] as number;
      for (const [feature, { o, z }] of path) {
        let sets = [1];
        for (const [other, factor] of path) {
          if (other === feature) continue;
          sets = [...sets, 0].map(
            (count, size) =>
              count * factor.z + (size > 0 ? (sets[size - 1] as number) * factor.o : 0),
          );
        }
        const sum = sets.reduce((all, count, size) => all + count * setWeight(size, path.size), 0);
        phi[feature] = (phi[feature] as number) + value * (o - z) * sum;
      }
      return;
    }
    const feature = e.feature[start + node] as number;
    const { o, z } = path.get(feature) ?? { o: 1, z: 1 };
    const isLeft = goesLeft(e, start + node, given);
    const shares = sharesOf(e, start + node, start);
    for (const side of [0, 1] as const) {
      const goesHere = isLeft === (side === 0) ? 1 : 0;
      below(left + side, new Map([...path, [feature, { o: o * goesHere, z: z * shares[side] }]]));
    }
  };
  below(0, new Map());
  return phi;
}

function featuresOf(set: number, numFeatures: number): Set<number> {
  return new Set(Array.from({ length: numFeatures }, (_, i) => i).filter((i) => (set >> i) & 1));
}

/** |S|! (n − 1 − |S|)! / n! */
function setWeight(size: number, n: number): number {
  return (factorial(size) * factorial(n - 1 - size)) / factorial(n);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

function popCount(set: number): number {
  return set.toString(2).replaceAll('0', '').length;
}
