/** Looking into fitted models: trees node by node, as a table, importances of every kind. */
import type { Vector } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { importanceKinds } from '../../../src/tree/importances.ts';
import { randomData } from '../../tools/random-data.ts';
import { fitSample, scoreSample } from '../../training/fit-sample.ts';
import { type EstimatorCase, estimatorClasses } from '../../training/random-estimators.ts';

const names = Object.keys(estimatorClasses) as EstimatorCase['name'][];
const data = randomData({
  seed: 4,
  numRows: 400,
  kinds: ['float32', 'words', 'float64', 'flags'],
  missing: 0.1,
});
const featuresCols = ['x0', 'x1', 'x2', 'x3'];

async function fitted(name: EstimatorCase['name']): Promise<TreeModel> {
  const few = name.startsWith('GBT') ? { maxIter: 4, minCategoryRows: 3 } : { maxDepth: 5 };
  const labelCol = name.endsWith('Classifier') ? 'k' : 'y';
  const trees = name.startsWith('RandomForest') ? { numTrees: 4 } : {};
  return await fitSample(
    { name, options: { ...few, ...trees, featuresCols, labelCol, leafCol: 'leaf' } },
    data,
  );
}

describe.each(names)('a model of %s', (name) => {
  it('can be walked, and its table says the same', async () => {
    const model = await fitted(name);
    const table = await model.treesToTable().collect();
    expect(table.numRows).toBe(model.totalNumNodes);
    let at = 0;
    for (let t = 0; t < model.numTrees; t++) {
      for (const node of model.tree(t).nodes) {
        const row = table.get(at++)?.toJSON() as Record<string, unknown>;
        expect(row).toMatchObject({
          tree: t,
          node: node.index,
          depth: node.depth,
          parent: node.parent?.index ?? null,
          left: node.left?.index ?? null,
          leaf: node.leafNumber,
          feature: node.split?.feature ?? null,
          threshold: node.split?.threshold ?? null,
          gain: node.split?.gain ?? null,
          runnerUp: node.split?.runnerUp?.feature ?? null,
          rows: node.rows,
          cover: node.cover,
        });
        const value = row['value'];
        expect(typeof value === 'number' ? [value] : [...(value as Vector)]).toEqual([
          ...node.value,
        ]);
        if (node.left === null || node.right === null) continue;
        expect(node.left.rows + node.right.rows).toBe(node.rows);
        expect(node.left.cover + node.right.cover).toBeCloseTo(node.cover, 6);
        expect(node.split?.gain).toBeGreaterThan(0);
        if (node.split?.kind === 'category')
          expect(JSON.parse(row['leftCategories'] as string)).toEqual(node.split.leftCategories);
      }
    }
  });

  it('sends a row to the leaf that its walk finds', async () => {
    const model = await fitted(name);
    const leaves = (await scoreSample(model, data))['leaf'] as number[];
    const cells = (row: number, feature: string) =>
      data.find((column) => column.name === feature)?.cells[row] ?? null;
    for (let row = 0; row < 60; row++) {
      for (let t = 0; t < model.numTrees; t++) {
        let node = model.tree(t).root;
        for (let { split } = node; split !== null; { split } = node) {
          const cell = cells(row, split.feature);
          const isMissing = cell === null || Number.isNaN(cell);
          const isLeft = isMissing
            ? split.missingGoesLeft
            : (split.leftCategories?.includes(String(cell)) ??
              Number(cell) <= (split.threshold as number));
          node = (isLeft ? node.left : node.right) as typeof node;
        }
        expect(node.leafNumber).toBe(leaves[row * model.numTrees + t]);
      }
    }
  });

  it('has importances of every kind that go together', async () => {
    const model = await fitted(name);
    const of = Object.fromEntries(importanceKinds.map((kind) => [kind, model.importances(kind)]));
    expect(of['gain']).toEqual(model.featureImportances);
    featuresCols.forEach((_, f) => {
      const splits = of['splits']?.[f] as number;
      expect(splits).toBe(model.trees.feature.filter((feature) => feature === f).length);
      expect((of['meanGain']?.[f] as number) * splits).toBeCloseTo(
        of['totalGain']?.[f] as number,
        6,
      );
      expect((of['meanCover']?.[f] as number) * splits).toBeCloseTo(
        of['totalCover']?.[f] as number,
        6,
      );
      expect((of['gain']?.[f] as number) > 0).toBe(splits > 0);
    });
    expect(() => model.importances('shap' as never)).toThrow(/kind of importances must be one of/);
    expect(() => model.tree(model.numTrees)).toThrow(/index of tree must be an integer from 0 to/);
  });
});
