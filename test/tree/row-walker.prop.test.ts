/** One row at a time on the laid-out trees, by either twin of the kernel: the sums of walking on the thresholds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowWalker } from '../../src/tree/prediction/row-walker.ts';
import { categoryGoesLeft, valueGoesLeft } from '../../src/tree/predictor.ts';
import { packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import { randomTreeFeatures, randomTrees } from './random-trees.ts';

const numbers = fc.oneof(
  fc.constantFrom(-2, -0.5, 0, -0, 0.25, 3, Infinity, -Infinity, Number.NaN, 5e-324),
  fc.double(),
);
// NaN missing, −1 never seen
const codesOf = (count: number) =>
  fc.oneof(fc.integer({ min: -1, max: count - 1 }), fc.constant(Number.NaN));
const rows = fc.array(
  fc.tuple(...randomTreeFeatures.map((kind) => (kind < 0 ? numbers : codesOf(kind)))),
  { minLength: 1, maxLength: 8 },
);
const numCategories = new Map([...randomTreeFeatures.entries()].filter(([, kind]) => kind >= 0));

function expected(e: TreeEnsemble, row: readonly number[], numOutputs: number): number[] {
  const sums = Array.from({ length: numOutputs }, () => 0);
  for (let t = 0; t < e.numTrees; t++) {
    const start = e.treeStart[t] as number;
    let node = start;
    for (let left = e.leftChild[node] as number; left !== 0; left = e.leftChild[node] as number) {
      const feature = e.feature[node] as number;
      const value = row[feature] as number;
      const goesLeft = numCategories.has(feature)
        ? categoryGoesLeft(e, node, Number.isNaN(value) ? null : value)
        : valueGoesLeft(e, node, value);
      node = start + left + (goesLeft ? 0 : 1);
    }
    for (let k = 0; k < e.numOutputs; k++) {
      const to = e.numOutputs === 1 ? t % numOutputs : k;
      sums[to] = (sums[to] as number) + (e.value[node * e.numOutputs + k] as number);
    }
  }
  return sums;
}

describe('a row on laid-out trees', () => {
  for (const kernels of ['wasm', 'reference'] as const) {
    for (const [own, numOutputs] of [
      [1, 1],
      [1, 3],
      [3, 3],
    ] as const) {
      it(`adds up ${own} of ${numOutputs} outputs a tree (${kernels})`, () => {
        fc.assert(
          fc.property(randomTrees(own), fc.constantFrom(1, 3), rows, (trees, times, cells) => {
            // more trees than are walked side by side, and fewer
            const packed = packTrees(Array.from({ length: times }, () => trees).flat(), own);
            const walker = new RowWalker(packed, numOutputs, numCategories, kernels);
            for (const row of cells) {
              const sums = [...walker.run(Float64Array.from(row))];
              expect(sums).toEqual(expected(packed, row, numOutputs));
            }
          }),
          { numRuns: kernels === 'wasm' ? 60 : 20 },
        );
      });
    }
  }

  it('needs no codes where no feature is a category', () => {
    fc.assert(
      fc.property(randomTrees(1), rows, (trees, cells) => {
        const packed = packTrees(trees, 1);
        const isNumeric = [...packed.feature].every((f, n) => {
          return packed.leftChild[n] === 0 || (randomTreeFeatures[f] as number) < 0;
        });
        fc.pre(isNumeric);
        const walker = new RowWalker(packed, 1, numCategories);
        for (const row of cells) {
          expect([...walker.run(Float64Array.from(row))]).toEqual(expected(packed, row, 1));
        }
      }),
      { numRuns: 40 },
    );
  });
});
