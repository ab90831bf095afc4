/**
 * Do we explain LightGBM's and XGBoost's own trees as they do? The trees of the fixture are put into our
 * arrays as they are, so only the explanation is compared. XGBoost adds up in float32.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TreeExplainer } from '../../src/tree/explainer.ts';
import type { FeatureValues } from '../../src/tree/predictor.ts';
import {
  type GrownNode,
  type GrownTree,
  newLeaf,
  nodeFlag,
  packTrees,
} from '../../src/tree/tree.ts';

interface SavedNode {
  readonly value: number;
  readonly cover: number;
  readonly left?: number;
  readonly feature?: number;
  readonly threshold?: number;
  readonly categories?: readonly number[];
  readonly missingGoesLeft?: boolean;
}

interface SavedCase {
  readonly library: string;
  readonly trees: readonly (readonly SavedNode[])[];
  readonly baseScores: readonly number[];
  /** Row by row: for each output the features' values, then the expected margin. */
  readonly contributions: readonly (readonly number[])[];
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/contributions.json', import.meta.url), 'utf8'),
) as {
  readonly rows: readonly (readonly (number | null)[])[];
  readonly cases: Readonly<Record<string, SavedCase>>;
};
const numFeatures = 5;
const numCategories = 9;

function grownNode(node: SavedNode): GrownNode {
  const grown = { ...newLeaf(node.cover, node.cover), value: Float64Array.of(node.value) };
  if (node.left === undefined) return grown;
  const flags = node.missingGoesLeft === true ? nodeFlag.missingGoesLeft : 0;
  const split = { ...grown, feature: node.feature as number, leftChild: node.left, flags };
  if (node.categories === undefined) return { ...split, threshold: node.threshold as number };
  const bits = new Uint32Array(1);
  for (const category of node.categories) bits[0] = (bits[0] as number) | (1 << category);
  const categories = { bits, count: numCategories };
  return { ...split, flags: flags | nodeFlag.isCategory, categories };
}

/** The rows as columns; the third is categories where the trees take it for such. */
function columns(isCategory: boolean): Map<number, FeatureValues> {
  return new Map(
    Array.from({ length: numFeatures }, (_, f): [number, FeatureValues] => {
      const cells = fixture.rows.map((row) => row[f] ?? Number.NaN);
      if (f !== 2 || !isCategory) return [f, { kind: 'numeric', values: Float64Array.from(cells) }];
      const binOf = Int32Array.from({ length: numCategories }, (_, i) => i);
      return [f, { kind: 'category', codes: Int32Array.from(cells), binOf }];
    }),
  );
}

describe('explanations', () => {
  it.each(Object.entries(fixture.cases))('are those of %s', (name, found) => {
    const trees: GrownTree[] = found.trees.map((nodes) => ({ nodes: nodes.map(grownNode) }));
    const numOutputs = found.baseScores.length;
    const explainer = new TreeExplainer(packTrees(trees, 1), {
      numOutputs,
      numFeatures,
      baseScores: found.baseScores,
      divisor: 1,
    });
    const isLightGbm = name.startsWith('lightgbm');
    const values = explainer.contributions(columns(isLightGbm), fixture.rows.length);
    const expected = found.contributions.flat();
    expect(values.length).toBe(expected.length);
    const near = isLightGbm ? 1e-12 : 2e-6;
    let largest = 0;
    expected.forEach((value, i) => {
      expect(Math.abs((values[i] as number) - value)).toBeLessThan(near);
      largest = Math.max(largest, Math.abs(value));
    });
    expect(largest).toBeGreaterThan(0.05);
  });
});
