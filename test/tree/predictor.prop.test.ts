import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  categoryGoesLeft,
  type FeatureValues,
  TreePredictor,
  valueGoesLeft,
} from '../../src/tree/predictor.ts';
import { newLeaf, packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import { randomTreeFeatures, randomTrees } from './random-trees.ts';

const numbers = fc.oneof(
  fc.constantFrom(-2, -0.5, 0, -0, 0.25, 3, Infinity, -Infinity, Number.NaN, 5e-324),
  fc.double(),
);
// −1 missing; the batch's own dictionary maps codes to the model's categories, −1 for unseen ones
const binOf = Int32Array.of(7, -1, 0, 39, 34, 2, 33, 1);
const codes = fc.integer({ min: -1, max: binOf.length - 1 });

/** Columns of a batch: some rows repeated, so that several blocks are walked. */
const batches = fc
  .tuple(
    fc.array(fc.tuple(numbers, codes, numbers, codes, numbers), { minLength: 1, maxLength: 30 }),
    fc.constantFrom(1, 1, 45),
  )
  .map(([rows, times]) => Array.from({ length: times }, () => rows).flat());

type Rows = readonly (readonly number[])[];

function columnsOf(rows: Rows): Map<number, FeatureValues> {
  return new Map(
    randomTreeFeatures.map((kind, f): [number, FeatureValues] => {
      const cells = rows.map((row) => row[f] as number);
      return [
        f,
        kind < 0
          ? { kind: 'numeric', values: Float64Array.from(cells) }
          : { kind: 'category', codes: Int32Array.from(cells), binOf: binOfFeature(kind) },
      ];
    }),
  );
}

/** A feature of three categories knows only those. */
function binOfFeature(numCategories: number): Int32Array {
  return binOf.map((bin) => (bin < numCategories ? bin : -1));
}

/** The node a row ends in, by walking on the thresholds. */
function leafOf(e: TreeEnsemble, tree: number, row: readonly number[]): number {
  const start = e.treeStart[tree] as number;
  let node = 0;
  for (let left = e.leftChild[start] as number; left !== 0; ) {
    const feature = e.feature[start + node] as number;
    const cell = row[feature] as number;
    const kind = randomTreeFeatures[feature] as number;
    const category = cell < 0 ? null : (binOfFeature(kind)[cell] as number);
    const goesLeft =
      kind < 0 ? valueGoesLeft(e, start + node, cell) : categoryGoesLeft(e, start + node, category);
    node = goesLeft ? left : left + 1;
    left = e.leftChild[start + node] as number;
  }
  return node;
}

function expected(e: TreeEnsemble, rows: Rows, numOutputs: number): Float64Array {
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

describe('prediction by blocks', () => {
  for (const kernels of ['wasm', 'reference'] as const) {
    it(`adds the leaves that walking on the thresholds finds (${kernels})`, () => {
      const outputs = fc.constantFrom([1, 1], [1, 3], [3, 3]);
      fc.assert(
        fc.property(
          outputs.chain(([own, all]) =>
            fc.tuple(
              randomTrees(own as number),
              fc.constant(own as number),
              fc.constant(all as number),
            ),
          ),
          batches,
          ([trees, own, numOutputs], rows) => {
            const packed = packTrees(trees, own);
            const predictor = new TreePredictor(packed, { numOutputs, kernels });
            const sums = predictor.predict(columnsOf(rows), rows.length);
            expect(Buffer.from(sums.buffer)).toEqual(
              Buffer.from(expected(packed, rows, numOutputs).buffer),
            );
          },
        ),
        { numRuns: kernels === 'wasm' ? 80 : 30 },
      );
    });
  }

  it('numbers the leaf of every row and tree', () => {
    fc.assert(
      fc.property(randomTrees(1), batches, (trees, rows) => {
        const packed = packTrees(trees, 1);
        const found = new TreePredictor(packed, { numOutputs: 1 }).leaves(
          columnsOf(rows),
          rows.length,
        );
        trees.forEach((_, t) => {
          const own = found.slice(t * rows.length, (t + 1) * rows.length);
          expect([...own]).toEqual(rows.map((row) => leafOf(packed, t, row)));
        });
      }),
      { numRuns: 40 },
    );
  });

  it('walks more thresholds of one feature than a byte can number', () => {
    const values = Float64Array.from({ length: 700 }, (_, i) => i - 0.5);
    const trees = Array.from({ length: 600 }, (_, i) => ({
      nodes: [
        { ...newLeaf(1, 1), feature: 0, threshold: i, leftChild: 1, value: Float64Array.of(0) },
        { ...newLeaf(1, 1), value: Float64Array.of(1) },
        { ...newLeaf(1, 1), value: Float64Array.of(1000) },
      ],
    }));
    const predictor = new TreePredictor(packTrees(trees, 1), { numOutputs: 1 });
    const sums = predictor.predict(new Map([[0, { kind: 'numeric', values }]]), values.length);
    values.forEach((value, row) => {
      const numRight = Math.min(600, Math.max(0, Math.ceil(value)));
      expect(sums[row]).toBe(600 - numRight + 1000 * numRight);
    });
  });

  it('reads a dictionary of more values than fit its table', () => {
    const trees = [
      {
        nodes: [
          {
            ...newLeaf(1, 1),
            feature: 1,
            leftChild: 1,
            flags: 4,
            categories: { bits: Uint32Array.of(0b10), count: 3 },
            value: Float64Array.of(0),
          },
          { ...newLeaf(1, 1), value: Float64Array.of(5) },
          { ...newLeaf(1, 1), value: Float64Array.of(7) },
        ],
      },
    ];
    const predictor = new TreePredictor(packTrees(trees, 1), { numOutputs: 1 });
    const many = new Int32Array(200_000).fill(-1);
    many[199_999] = 1;
    many[3] = 2;
    const column = {
      kind: 'category' as const,
      codes: Int32Array.of(199_999, 3, 0, -1),
      binOf: many,
    };
    for (let twice = 0; twice < 2; twice++) {
      expect([...predictor.predict(new Map([[1, column]]), 4)]).toEqual([5, 7, 7, 7]);
    }
  });

  it('gives zeros for a forest without trees, and nothing for no rows', () => {
    const none = new TreePredictor(packTrees([], 1), { numOutputs: 2 });
    expect([...none.predict(new Map(), 3)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(none.predict(new Map(), 0).length).toBe(0);
  });
});
