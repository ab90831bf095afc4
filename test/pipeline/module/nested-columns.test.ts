/** Columns of lists, and of structs in structs, keep a model from being a module only where a stage reads them. */
import { Field, Float64, Int32, List, Struct, vectorFromArray } from 'apache-arrow';
import { expect, it } from 'vitest';
import { createTable, GBTClassifier, Imputer, Pipeline } from '../../../src/index.ts';
import { runModule } from '../../ensemble/module/run-module.ts';

const x = Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? null : i % 13));
const inner = new Struct([new Field('n', new Int32(), true)]);
const table = createTable({
  x,
  label: x.map((value) => (value ?? 0) > 6),
  tags: vectorFromArray(
    x.map(() => [1, 2]),
    new List(new Field('item', new Float64(), true)),
  ),
  order: vectorFromArray(
    x.map((n) => ({ line: { n: n ?? 0 } })),
    new Struct([new Field('line', inner, true)]),
  ),
} as never);

it('is written where they are only passed through', async () => {
  const stages = [
    new Imputer({ inputCol: 'x', outputCol: 'filled' }),
    new GBTClassifier({ featuresCols: ['filled'], maxIter: 3 }),
  ];
  const model = await new Pipeline({ stages }).fit(table);
  expect(model.toModuleDeclarations()).not.toContain('tags');
  const { predict } = runModule(model.toModule());
  const score = await model.scorer();
  for (const row of [{ x: 3 }, { x: 12 }, { x: null }]) {
    expect(predict(row).prediction).toBe(score(row).prediction);
  }
});

it('is refused where a stage reads one', async () => {
  const stages = [new GBTClassifier({ featuresCols: ['x', 'order'], maxIter: 1 })];
  await expect(new Pipeline({ stages }).fit(table)).rejects.toThrow('type of feature order.line');
});
