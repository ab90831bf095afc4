/** Uplift of several treatments as causalml predicts it, and the cuts that its trees take; see fixtures/make-uplift-arms.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { UpliftForest } from '../../src/ensemble/uplift/uplift-forest.ts';
import '../../src/ensemble/worker-operators.ts';
import { type ColumnInput, tableFromColumns } from '../../src/table/create-table.ts';
import '../../src/training/worker-programs.ts';

const divergences = ['kullbackLeibler', 'euclidean', 'chiSquared'] as const;
type Columns = Readonly<Record<'x' | 'z' | 'noise' | 'label', number[]>> & {
  readonly arm: string[];
};

interface Fixture {
  readonly train: Columns;
  readonly test: Columns & { readonly effects: number[][] };
  readonly causalml: Readonly<Record<string, number[][]>>;
  readonly small: readonly (Columns & {
    readonly roots: Readonly<Record<(typeof divergences)[number], number>>;
  })[];
}

const path = new URL('./fixtures/uplift-arms.json', import.meta.url);
const { train, test, causalml, small } = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
const treatments = ['call', 'letter', 'visit'];
const runner = new InlineRunner();
const tableOf = ({ x, z, noise, arm, label }: Columns) =>
  tableFromColumns(runner, { x, z, noise, arm, label } as Record<string, ColumnInput>);

/** How far predictions are from what treatments really add. */
function distance(predictions: readonly (readonly number[])[]): number {
  const squares = predictions.flatMap((own, i) =>
    own.map((value, k) => (value - (test.effects[i]?.[k] as number)) ** 2),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

describe('uplift of several treatments', () => {
  it.each(divergences)('by %s is nearer to the truth than that of causalml', async (divergence) => {
    const featuresCols = ['x', 'z', 'noise'];
    const forest = new UpliftForest({ featuresCols, treatmentCol: 'arm', treatments, divergence });
    const scored = await (
      await (await forest.fit(tableOf(train))).transform(tableOf(test))
    ).collect();
    const own = distance(
      [...(scored.getChild('prediction') ?? [])].map((vector) => [...(vector as Iterable<number>)]),
    );
    expect(own).toBeLessThan(Math.min(...Object.values(causalml).map(distance)));
  });

  it.each(divergences)('by %s cuts where causalml cuts', async (divergence) => {
    for (const table of small) {
      const model = await new UpliftForest({
        ...{ featuresCols: ['x'], treatmentCol: 'arm', treatments, divergence },
        ...{ numTrees: 1, maxDepth: 1, bootstrap: false, honestLeafShare: 0 },
        minInstancesPerTreatment: 5,
      }).fit(tableOf(table));
      expect(model.trees.threshold[0]).toBeCloseTo(table.roots[divergence], 9);
    }
  });
});
