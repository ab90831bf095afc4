/** Where features come from: columns by name, a struct, a vector; and values of every type. */
import {
  DateDay,
  Decimal,
  Field,
  FixedSizeList,
  Float64,
  TimestampMillisecond,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestRegressor } from '../../../src/ensemble/forest/random-forest-regressor.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import '../../../src/ensemble/worker-operators.ts';
import { VectorAssembler } from '../../../src/feature/vectors/vector-assembler.ts';
import '../../../src/feature/worker-operators.ts';
import { type ColumnInput, tableFromColumns } from '../../../src/table/create-table.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import '../../../src/training/worker-programs.ts';
import { predictionsOf, treeBytes } from '../../tools/fitted-bytes.ts';

const runner = new InlineRunner();
const rows = Array.from({ length: 400 }, (_, row) => row);
const columns: Readonly<Record<string, ColumnInput>> = {
  a: rows.map((row) => (row % 13 === 0 ? null : ((row * 37) % 101) / 3)),
  b: Float32Array.from(rows, (row) => ((row * 53) % 97) / 7),
  c: rows.map((row) => (row % 17 === 0 ? null : ['x', 'y', 'z'][row % 3]) ?? null),
  d: rows.map((row) => row % 4 === 0),
  label: rows.map((row) => ((row * 37) % 101) / 10 + (row % 3)),
};
const table = (extra: Readonly<Record<string, ColumnInput>> = {}): PartitionedTable =>
  tableFromColumns(runner, { ...columns, ...extra }, { numPartitions: 3 });

async function scoresOf(model: TreeModel, given: PartitionedTable): Promise<unknown> {
  return (await predictionsOf(model, given))['prediction'];
}

for (const Class of [GBTRegressor, RandomForestRegressor]) {
  describe(`the features of ${Class.name}`, () => {
    it('may be the children of a struct, categories among them', async () => {
      const inputCols = ['a', 'b', 'c', 'd'];
      const assembled = await new VectorAssembler({ inputCols, outputCol: 'features' }).transform(
        table(),
      );
      const byName = await new Class({ featuresCols: inputCols }).fit(table());
      const byStruct = await new Class({}).fit(assembled);
      expect(treeBytes(byStruct)).toEqual(treeBytes(byName));
      expect(byStruct.featureNames).toEqual(inputCols);
      expect(await scoresOf(byStruct, assembled)).toEqual(await scoresOf(byName, table()));
      const score = await byStruct.scorer();
      expect([score({ a: 1, b: 2, c: 'x', d: true }).prediction]).toEqual([
        (await byName.scorer())({ a: 1, b: 2, c: 'x', d: true }).prediction,
      ]);
    });

    it('may be the elements of a vector', async () => {
      const a = columns['a'] as (number | null)[];
      const d = columns['d'] as boolean[];
      const cells = rows.map((row) => [a[row] ?? null, d[row] === true ? 1 : 0]);
      const type = new FixedSizeList(2, new Field('item', new Float64(), true));
      const features = vectorFromArray(cells, type) as unknown as ColumnInput;
      const given = table({ features });
      const byName = await new Class({ featuresCols: ['a', 'd'] }).fit(table());
      const byVector = await new Class({}).fit(given);
      expect(treeBytes(byVector)).toEqual(treeBytes(byName));
      expect(byVector.featureNames).toEqual(['f0', 'f1']);
      expect(await scoresOf(byVector, given)).toEqual(await scoresOf(byName, table()));
    });

    it('may be dates, timestamps and decimals', async () => {
      const days = rows.map((row) => (row * 11) % 300);
      const decimals = rows.map((row) => Uint32Array.of((row * 7) % 50, 0, 0, 0));
      const given = table({
        day: vectorFromArray(
          days.map((day) => new Date(day * 86_400_000)),
          new DateDay(),
        ) as unknown as ColumnInput,
        time: vectorFromArray(
          days.map((day) => day * 1000),
          new TimestampMillisecond(),
        ) as unknown as ColumnInput,
        price: vectorFromArray(
          decimals as never,
          new Decimal(2, 10, 128),
        ) as unknown as ColumnInput,
        label: days.map((day, row) => Math.sin(day / 40) + ((row * 7) % 50) / 25),
      });
      const model = await new Class({ featuresCols: ['day', 'time', 'price'] }).fit(given);
      expect(model.featureImportances.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1);
      const predictions = (await scoresOf(model, given)) as number[];
      const error = predictions.reduce((sum, value, row) => {
        const label = Math.sin((days[row] as number) / 40) + ((row * 7) % 50) / 25;
        return sum + (value - label) ** 2;
      }, 0);
      expect(error / rows.length).toBeLessThan(0.1);
    });
  });
}
