/** Every layout of a forest, by either twin of the kernels, finds the leaves that walking on the thresholds finds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FeatureValues, TreePredictor, valueGoesLeft } from '../../src/tree/predictor.ts';
import { newLeaf, packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import { arbitraryDraws, type Draws } from '../kernels/draws.ts';
import { drawForest } from './numeric-forests.ts';

function leafOf(e: TreeEnsemble, tree: number, row: readonly number[]): number {
  const start = e.treeStart[tree] as number;
  let node = 0;
  for (let left = e.leftChild[start] as number; left !== 0; ) {
    const value = row[e.feature[start + node] as number] as number;
    node = left + (valueGoesLeft(e, start + node, value) ? 0 : 1);
    left = e.leftChild[start + node] as number;
  }
  return node;
}

function expectedSums(e: TreeEnsemble, rows: number[][], numOutputs: number): Float64Array {
  const sums = new Float64Array(rows.length * numOutputs);
  rows.forEach((row, i) => {
    for (let t = 0; t < e.numTrees; t++) {
      const node = (e.treeStart[t] as number) + leafOf(e, t, row);
      for (let k = 0; k < e.numOutputs; k++) {
        const at = i * numOutputs + (e.numOutputs === 1 ? t % numOutputs : k);
        sums[at] = (sums[at] as number) + (e.value[node * e.numOutputs + k] as number);
      }
    }
  });
  return sums;
}

/** Rows on the grid of some thresholds, between them and missing; as float32 where a column says so. */
function drawColumns(draws: Draws, numFeatures: number, numRows: number) {
  const isFloat = draws.list(numFeatures, () => draws.bool());
  const cells = isFloat.map((isNarrow) =>
    draws.list(numRows, () => {
      const value = draws.pick([draws.normal(), draws.below(9) - 4, draws.float(0.3)]);
      return isNarrow ? Math.fround(value) : value;
    }),
  );
  const columns = new Map<number, FeatureValues>(
    cells.map((values, f) => [
      f,
      {
        kind: 'numeric',
        values: isFloat[f] === true ? Float32Array.from(values) : Float64Array.from(values),
      },
    ]),
  );
  const rows = Array.from({ length: numRows }, (_, i) => cells.map((own) => own[i] as number));
  return { columns, rows };
}

const bytesOf = (sums: Float64Array): Buffer =>
  Buffer.from(sums.buffer, sums.byteOffset, sums.byteLength);

describe('layouts of a forest', () => {
  it('give the same bits', () => {
    const numRows = fc.constantFrom(1, 3, 15, 16, 17, 63, 64, 65, 200, 1025);
    fc.assert(
      fc.property(arbitraryDraws, numRows, (draws, rowCount) => {
        const numOwn = draws.pick([1, 1, 3]);
        const numOutputs = numOwn === 3 ? 3 : draws.pick([1, 2]);
        const numFeatures = draws.pick([1, 2, 5, 40]);
        const forest = drawForest(draws, {
          numTrees: draws.below(4),
          numFeatures,
          maxSplits: draws.pick([0, 1, 5, 60, 300]),
          numThresholds: draws.pick([1, 3, 254]),
          numOutputs: numOwn,
        });
        const { columns, rows } = drawColumns(draws, numFeatures, rowCount);
        const wanted = bytesOf(expectedSums(forest, rows, numOutputs));
        for (const layout of ['bytes', 'wide'] as const) {
          for (const kernels of ['wasm', 'reference']) {
            const predictor = new TreePredictor(forest, { numOutputs, kernels, layout });
            expect(predictor.layout).toBe(layout);
            expect(bytesOf(predictor.predict(columns, rowCount))).toEqual(wanted);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('number the same leaves', () => {
    fc.assert(
      fc.property(arbitraryDraws, fc.constantFrom(1, 15, 80, 1030), (draws, rowCount) => {
        const shape = { numTrees: 2, numFeatures: 3, numThresholds: 50, numOutputs: 1 };
        const forest = drawForest(draws, { ...shape, maxSplits: draws.pick([0, 4, 200]) });
        const { columns, rows } = drawColumns(draws, 3, rowCount);
        const wanted = [0, 1].flatMap((t) => rows.map((row) => leafOf(forest, t, row)));
        for (const layout of ['bytes', 'wide'] as const) {
          for (const kernels of ['wasm', 'reference']) {
            const predictor = new TreePredictor(forest, { numOutputs: 1, kernels, layout });
            expect([...predictor.leaves(columns, rowCount)]).toEqual(wanted);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is bytes for at most 254 thresholds a feature', () => {
    const layoutOf = (numThresholds: number): string => {
      const trees = Array.from({ length: numThresholds }, (_, threshold) => ({
        nodes: [
          { ...newLeaf(1, 2), feature: 0, threshold, leftChild: 1, value: Float64Array.of(0) },
          { ...newLeaf(1, 1), value: Float64Array.of(1) },
          { ...newLeaf(1, 1), value: Float64Array.of(2) },
        ],
      }));
      return new TreePredictor(packTrees(trees, 1), { numOutputs: 1 }).layout;
    };
    expect([layoutOf(254), layoutOf(255)]).toEqual(['bytes', 'wide']);
  });
});
