import { Field, Float64, Schema, type Vector } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { makeBatch } from '../../../src/table/columns/column-data.ts';
import { float64Column, withColumns } from '../../../src/table/columns/make-column.ts';

const fieldOf = (name: string): Field => new Field(name, new Float64(), true);
const columnOf = (value: number): Vector => float64Column(Float64Array.of(value));

function batchOf(names: readonly string[]) {
  const columns = names.map((_, i) => columnOf(i).data[0] as never);
  return makeBatch(new Schema(names.map(fieldOf)), columns, 1);
}

describe('withColumns', () => {
  // from 32 columns on their places are kept by name
  it.each([3, 31, 32, 100])(
    'puts %i columns into the places of their names, others at the end',
    (many) => {
      const old = Array.from({ length: many }, (_, i) => `old${i}`);
      const added = Array.from({ length: many - 2 }, (_, i) =>
        i % 2 === 0 ? `old${i}` : `new${i}`,
      );
      const again = ['new1', 'old0'].filter((name) => added.includes(name));
      const given = [...added, ...again].map(
        (name, i) => [fieldOf(name), columnOf(1000 + i)] as const,
      );
      const wide = withColumns(batchOf(old), given);
      const expected = new Map(old.map((name, i) => [name, i]));
      for (const [i, [field]] of given.entries()) expected.set(field.name, 1000 + i);
      expect(wide.schema.fields.map(({ name }) => name)).toEqual([...expected.keys()]);
      expect([...expected.keys()].map((name) => wide.getChild(name)?.get(0))).toEqual([
        ...expected.values(),
      ]);
    },
  );
});
