/** Rows of `take` are plain values, at any depth: a scorer takes them, and JSON says them. */
import {
  Decimal,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  List,
  Struct,
  vectorFromArray,
} from 'apache-arrow';
import { expect, it } from 'vitest';
import { createTable, GBTClassifier, VectorAssembler } from '../../../src/index.ts';

const item = new Field('item', new Float64(), true);

it('has vectors and lists as arrays, structs as objects, decimals as numbers', async () => {
  const price = new Decimal(2, 12, 128);
  const inner = new Struct([new Field('price', price, true), new Field('n', new Int32(), true)]);
  const table = createTable({
    v: vectorFromArray([[1, 2], null], new FixedSizeList(2, item)),
    l: vectorFromArray([[3, null, 5], []], new List(item)),
    s: vectorFromArray([{ price: Uint32Array.of(1210, 0, 0, 0), n: 7 }, null], inner),
  } as never);
  const rows = await table.take(2);
  expect(rows).toEqual([
    { v: [1, 2], l: [3, null, 5], s: { price: 12.1, n: 7 } },
    { v: null, l: [], s: null },
  ]);
  expect(JSON.stringify(rows[0])).toBe('{"v":[1,2],"l":[3,null,5],"s":{"price":12.1,"n":7}}');
});

it('gives rows of vectors and structs that a scorer takes', async () => {
  const x = Array.from({ length: 80 }, (_, i) => i % 11);
  const table = createTable({
    x,
    v: vectorFromArray(
      x.map((value) => [value, -value]),
      new FixedSizeList(2, item),
    ),
    label: x.map((value) => value > 5),
  } as never);
  const assembler = new VectorAssembler({ inputCols: ['x', 'v'], outputCol: 's' });
  const wide = await assembler.transform(table);
  for (const featuresCol of ['v', 's']) {
    const model = await new GBTClassifier({ featuresCol, maxIter: 3 }).fit(wide);
    const score = await model.scorer();
    for (const row of await (await model.transform(wide)).take(80)) {
      const { prediction, probability } = score(row);
      expect(prediction).toBe(row['prediction']);
      expect([...probability]).toEqual(row['probability']);
    }
  }
});
