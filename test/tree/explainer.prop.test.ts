import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TreeExplainer } from '../../src/tree/explainer.ts';
import { PairExplainer } from '../../src/tree/pair-explainer.ts';
import { type FeatureValues, TreePredictor } from '../../src/tree/predictor.ts';
import { newLeaf, packTrees } from '../../src/tree/tree.ts';
import type { TreeEnsemble } from '../../src/tree/tree-ensemble.ts';
import { bruteInteractions, bruteShapley, pathShapley, scoreKnowing } from './brute-shapley.ts';
import { randomTreeFeatures, randomTrees } from './random-trees.ts';

const numFeatures = randomTreeFeatures.length;
const numbers = fc.oneof(
  fc.constantFrom(-2, -0.5, 0, -0, 0.25, 3, Infinity, -Infinity, Number.NaN),
  fc.double({ min: -4, max: 4 }),
);
// −1 missing; the batch's dictionary maps codes to the model's categories, −1 for unseen ones
const binOf = Int32Array.of(7, -1, 0, 39, 34, 2, 33, 1);
const codes = fc.integer({ min: -1, max: binOf.length - 1 });
const rowCells = fc.tuple(numbers, codes, numbers, codes, numbers);

function columnsOf(rows: readonly (readonly number[])[]): Map<number, FeatureValues> {
  return new Map(
    randomTreeFeatures.map((kind, f): [number, FeatureValues] => {
      const cells = rows.map((row) => row[f] as number);
      if (kind < 0) return [f, { kind: 'numeric', values: Float64Array.from(cells) }];
      const known = binOf.map((bin) => (bin < kind ? bin : -1));
      return [f, { kind: 'category', codes: Int32Array.from(cells), binOf: known }];
    }),
  );
}

/** Covers as a fit leaves them: a node's is the sum of its children's; some children have none. */
function withCovers(e: TreeEnsemble, isEmpty: (node: number) => boolean): TreeEnsemble {
  const cover = e.cover.map((value, n) => (isEmpty(n) ? 0 : value));
  for (let t = 0; t < e.numTrees; t++) {
    const start = e.treeStart[t] as number;
    for (let n = (e.treeStart[t + 1] as number) - 1; n >= start; n--) {
      const left = start + (e.leftChild[n] as number);
      if (left !== start) cover[n] = (cover[left] as number) + (cover[left + 1] as number);
    }
  }
  return { ...e, cover };
}

const cases = fc
  .constantFrom([1, 1], [1, 3], [3, 3])
  .chain(([own = 1, all = 1]) =>
    fc.tuple(
      randomTrees(own),
      fc.constant(own),
      fc.constant(all),
      fc.constantFrom(1, 2, 5),
      fc.array(rowCells, { minLength: 1, maxLength: 5 }),
    ),
  );

/** Values of a batch by row, output and feature. */
function explain(e: TreeEnsemble, numOutputs: number, rows: readonly (readonly number[])[]) {
  const explainer = new TreeExplainer(e, {
    numOutputs,
    numFeatures,
    baseScores: Array.from({ length: numOutputs }, (_, k) => k / 3),
    divisor: 1,
  });
  const values = explainer.contributions(columnsOf(rows), rows.length);
  const width = numFeatures + 1;
  return {
    values,
    of: (row: number, output: number) =>
      values.subarray((row * numOutputs + output) * width, (row * numOutputs + output + 1) * width),
  };
}

/** The most that any tree can add, over all trees: what rounding is measured by. */
function scaleOf(e: TreeEnsemble): number {
  return e.value.reduce((sum, value) => sum + Math.abs(value), 1);
}

describe('contributions', () => {
  it('are Shapley values of the trees, with missing values, categories and empty nodes', () => {
    fc.assert(
      fc.property(cases, ([trees, own, numOutputs, emptyEvery, rows]) => {
        const e = withCovers(packTrees(trees, own), (n) => emptyEvery > 1 && n % emptyEvery === 1);
        const found = explain(e, numOutputs, rows);
        const columns = columnsOf(rows);
        rows.forEach((_, row) => {
          for (let output = 0; output < numOutputs; output++) {
            const expected = new Float64Array(numFeatures);
            for (let t = 0; t < e.numTrees; t++) {
              if (own === 1 && t % numOutputs !== output) continue;
              const own_ = own === 1 ? 0 : output;
              const phi = bruteShapley(e, t, { columns, row, numFeatures, output: own_ });
              phi.forEach((value, f) => {
                expected[f] = (expected[f] as number) + value;
              });
            }
            const values = found.of(row, output);
            for (let f = 0; f < numFeatures; f++) {
              const error = Math.abs((values[f] as number) - (expected[f] as number));
              expect(error).toBeLessThan(1e-13 * scaleOf(e));
            }
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it('add up to the score, and the last is the score expected without knowing anything', () => {
    fc.assert(
      fc.property(cases, ([trees, own, numOutputs, , rows]) => {
        const e = withCovers(packTrees(trees, own), () => false);
        const found = explain(e, numOutputs, rows);
        const columns = columnsOf(rows);
        const scores = new TreePredictor(e, { numOutputs }).predict(columns, rows.length);
        rows.forEach((_, row) => {
          for (let k = 0; k < numOutputs; k++) {
            const values = found.of(row, k);
            const sum = values.reduce((total, value) => total + value, 0);
            const score = (scores[row * numOutputs + k] as number) + k / 3;
            expect(Math.abs(sum - score)).toBeLessThan(2 ** -46 * scaleOf(e));
            let expected = k / 3;
            for (let t = 0; t < e.numTrees; t++) {
              if (own === 1 && t % numOutputs !== k) continue;
              const known = new Set<number>();
              const output = own === 1 ? 0 : k;
              expected += scoreKnowing(e, t, { columns, row, known, output });
            }
            expect(values[numFeatures]).toBeCloseTo(expected, 12);
          }
        });
      }),
      { numRuns: 80 },
    );
  });

  it('of a row are the same bits in any batch', () => {
    fc.assert(
      fc.property(cases, fc.nat(40), ([trees, own, numOutputs, , rows], before) => {
        const e = withCovers(packTrees(trees, own), () => false);
        const alone = rows.map((row) => explain(e, numOutputs, [row]).values);
        const [first = []] = rows;
        const many = [...Array.from({ length: before }, () => first), ...rows];
        const { values } = explain(e, numOutputs, many);
        const step = numOutputs * (numFeatures + 1);
        alone.forEach((expected, i) => {
          const at = (before + i) * step;
          expect(Buffer.from(values.slice(at, at + step).buffer)).toEqual(
            Buffer.from(expected.slice().buffer),
          );
        });
      }),
      { numRuns: 30 },
    );
  });

  it('are the same bits with either kind of kernels', () => {
    fc.assert(
      fc.property(cases, ([trees, own, numOutputs, , rows]) => {
        const e = withCovers(packTrees(trees, own), () => false);
        const [wasm, reference] = (['wasm', 'reference'] as const).map((kernels) =>
          new TreeExplainer(e, {
            numOutputs,
            numFeatures,
            baseScores: new Array(numOutputs).fill(0),
            divisor: 3,
            kernels,
          }).contributions(columnsOf(rows), rows.length),
        );
        expect(wasm).toEqual(reference);
      }),
      { numRuns: 30 },
    );
  });

  it('stay right on a path of many features and of one feature met again and again', () => {
    // a chain of 60 splits: features 0 … 29, then the same again with lower thresholds
    const nodes = Array.from({ length: 60 }, (_, i) => [
      {
        ...newLeaf(61 - i, 61 - i),
        feature: i % 30,
        threshold: i < 30 ? 1 : 0.5,
        leftChild: 2 * i + 1,
        value: Float64Array.of(0),
      },
      { ...newLeaf(60 - i, 60 - i), value: Float64Array.of(i) },
      { ...newLeaf(1, 1), value: Float64Array.of(i % 7) },
    ]);
    const chain = nodes.flatMap(([split], i) =>
      i === 0
        ? [split, nodes[1]?.[0], nodes[0]?.[2]]
        : [nodes[i + 1]?.[0] ?? nodes[i]?.[1], nodes[i]?.[2]],
    );
    const e = packTrees([{ nodes: chain as never }], 1);
    const cells = Array.from({ length: 30 }, (_, f) => [0.25, 0.75, 2][f % 3] as number);
    const columns = new Map(
      cells.map((cell, f) => [f, { kind: 'numeric', values: Float64Array.of(cell) }] as const),
    );
    const options = { numOutputs: 1, numFeatures: 30, baseScores: [0], divisor: 1 };
    const values = new TreeExplainer(e, options).contributions(columns, 1);
    const [score] = new TreePredictor(e, options).predict(columns, 1);
    const sum = values.reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(score as number, 12);
    const given = { columns, row: 0, numFeatures: 30, output: 0 };
    const expected = pathShapley(e, 0, given);
    expected.forEach((value, f) => {
      expect(Math.abs((values[f] as number) - value)).toBeLessThan(1e-11);
    });
    expect(Math.max(...expected)).toBeGreaterThan(0.1);
  });

  it('of few features are the same by sets and by orders', () => {
    fc.assert(
      fc.property(cases, ([trees, own, , , rows]) => {
        const e = withCovers(packTrees(trees, own), () => false);
        const given = { columns: columnsOf(rows), row: 0, numFeatures, output: own - 1 };
        const byOrder = bruteShapley(e, 0, given);
        pathShapley(e, 0, given).forEach((value, f) => {
          expect(value).toBeCloseTo(byOrder[f] as number, 11);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('are 0 for features without a split, and for trees without one', () => {
    const e = packTrees([{ nodes: [{ ...newLeaf(3, 3), value: Float64Array.of(2.5) }] }], 1);
    const options = { numOutputs: 1, numFeatures: 2, baseScores: [0.5], divisor: 1 };
    const explainer = new TreeExplainer(e, options);
    expect(explainer.usedFeatures).toEqual([]);
    expect([...explainer.contributions(new Map(), 2)]).toEqual([0, 0, 3, 0, 0, 3]);
    const none = new TreeExplainer(packTrees([], 1), options);
    expect([...none.contributions(new Map(), 1)]).toEqual([0, 0, 0.5]);
  });
});

describe('interactions', () => {
  it('are those of the definition, and each row adds up to what the feature added', () => {
    fc.assert(
      fc.property(cases, ([trees, own, numOutputs, emptyEvery, rows]) => {
        const e = withCovers(packTrees(trees, own), (n) => emptyEvery > 1 && n % emptyEvery === 1);
        const columns = columnsOf(rows);
        const singles = explain(e, numOutputs, rows);
        const divisor = 4;
        const explainer = new PairExplainer(e, { numOutputs, numFeatures, divisor });
        const halved = singles.values.map((value) => value / divisor);
        const found = explainer.interactions(columns, rows.length, halved);
        const alone = new PairExplainer(e, { numOutputs, numFeatures, divisor });
        const width = numFeatures + 1;
        const bound = 1e-12 * scaleOf(e);
        rows.forEach((cells, row) => {
          const only = halved.subarray(row * numOutputs * width, (row + 1) * numOutputs * width);
          const own_ = alone.interactions(columnsOf([cells]), 1, only);
          const step = width * width;
          expect(own_).toEqual(found.slice(row * numOutputs * step, (row + 1) * numOutputs * step));
          for (let output = 0; output < numOutputs; output++) {
            const wanted = new Float64Array(numFeatures * numFeatures);
            for (let t = 0; t < e.numTrees; t++) {
              if (own === 1 && t % numOutputs !== output) continue;
              const given = { columns, row, numFeatures, output: own === 1 ? 0 : output };
              bruteInteractions(e, t, given).forEach((value, i) => {
                wanted[i] = (wanted[i] as number) + value / divisor;
              });
            }
            const at = (i: number, j: number): number =>
              own_[output * step + i * width + j] as number;
            for (let i = 0; i < width; i++) {
              let sum = 0;
              for (let j = 0; j < width; j++) {
                sum += at(i, j);
                expect(at(i, j)).toBe(at(j, i));
                if (i === j || i === numFeatures || j === numFeatures) continue;
                const value = wanted[i * numFeatures + j] as number;
                expect(Math.abs(at(i, j) - value)).toBeLessThanOrEqual(bound);
              }
              const single = only[output * width + i] as number;
              expect(Math.abs(sum - single)).toBeLessThanOrEqual(bound);
            }
          }
        });
      }),
      { numRuns: 150 },
    );
  });
});
