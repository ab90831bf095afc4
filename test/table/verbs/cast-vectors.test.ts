/** Lists of one length, as other writers have embeddings, become vectors: features of an estimator. */
import {
  Field,
  Float32,
  List,
  makeBuilder,
  Table,
  tableFromIPC,
  tableToIPC,
  type Vector,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { createTable } from '../../../src/index.ts';
import { typeName } from '../../../src/table/columns/type-name.ts';
import { col } from '../../../src/table/expressions/expression.ts';
import { errorOf } from '../../contract/error-of.ts';

type Cell = readonly (number | null)[] | null;

/** A column of lists of float32, as it comes out of a file. */
function listColumn(cells: readonly Cell[]): Vector {
  const item = new Field('item', new Float32(), true);
  const builder = makeBuilder({ type: new List(item), nullValues: [null] });
  for (const cell of cells) builder.append(cell as never);
  builder.finish();
  const table = new Table({ v: builder.toVector() as never });
  return tableFromIPC(tableToIPC(table)).getChild('v') as Vector;
}

const vectorsOf = async (table: ReturnType<typeof createTable>): Promise<unknown[]> => {
  const column = (await table.collect()).getChild('v');
  return Array.from(column ?? [], (row) => (row === null ? null : Array.from(row as number[])));
};

describe('a column of lists', () => {
  it('becomes one of vectors, whatever rows of it are taken', async () => {
    const table = createTable({ v: listColumn([[1, 2], null, [3, null], [5, 6]]) });
    for (const name of ['vector(2)', 'vector[2]', ' Vector(2)']) {
      const cast = table.cast({ v: name });
      expect(typeName(cast.schema.fields[0]?.type as never)).toBe('vector<double>[2]');
      expect(await vectorsOf(cast)).toEqual([[1, 2], null, [3, Number.NaN], [5, 6]]);
      expect(await vectorsOf(cast.cast({ v: 'vector(2)' }))).toHaveLength(4);
    }
    const later = table.filter(col('v').isNotNull());
    expect(await vectorsOf(later.cast({ v: 'vector(2)' }))).toEqual([
      [1, 2],
      [3, Number.NaN],
      [5, 6],
    ]);
  });

  it('is refused where a row has another length, and null there where asked', async () => {
    const table = createTable({ v: listColumn([[1, 2], [3], []]) });
    const error = await errorOf(() => table.cast({ v: 'vector(2)' }).collect());
    expect(error.code).toBe('DATA_INVALID');
    expect(error.message).toContain(
      'column v must hold 2 values in every row to be cast to vector(2); got 1 in row 1',
    );
    const some = table.withColumn('v', col('v').tryCast('vector(2)'));
    expect(await vectorsOf(some)).toEqual([[1, 2], null, null]);
  });

  it('is refused where it holds no numbers, and by a vector of another width', async () => {
    const words = createTable({ v: ['a'] });
    expect((await errorOf(() => words.cast({ v: 'vector(2)' }).collect())).code).toBe(
      'COLUMN_TYPE',
    );
    expect((await errorOf(() => words.cast({ v: 'vector(0)' }))).message).toContain('vector(n)');
    const pairs = createTable({ v: [[1, 2]] }).cast({ v: 'vector(3)' });
    expect((await errorOf(() => pairs.collect())).message).toContain('got 2 in row 0');
  });

  it('is told of when it is named as a feature, and is one as a vector', async () => {
    const cells = Array.from({ length: 60 }, (_, i) => [i % 7, i]);
    const table = createTable({ v: listColumn(cells), y: cells.map(([, i]) => (i ?? 0) * 2) });
    const trees = new GBTRegressor({ featuresCols: ['v'], labelCol: 'y', maxIter: 3 });
    expect((await errorOf(() => trees.fit(table))).message).toContain(
      `Make a vector of lists of one length by table.cast({ "v": 'vector(n)' }) (--cast 'v=vector(n)' on the command line), or leave it out`,
    );
    const model = await trees.fit(table.cast({ v: 'vector(2)' }));
    const same = await trees.fit(createTable({ v: cells, y: cells.map(([, i]) => (i ?? 0) * 2) }));
    expect(same.trees.threshold).toEqual(model.trees.threshold);
    expect(model.featureNames).toHaveLength(2);
  });
});

describe('createTable', () => {
  it('takes rows of as many numbers as vectors', async () => {
    const table = createTable({ v: [null, [1, 2], Float32Array.of(3, 4), undefined] });
    expect(await vectorsOf(table)).toEqual([null, [1, 2], [3, 4], null]);
    expect(await vectorsOf(createTable([{ v: [1, 2] }, { v: [3, 4] }]))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it.each([
    [[[1, 2], [3]], /must be arrays of 2 numbers, as in the first row; got \[3\]/],
    [
      [
        [1, 2],
        ['a', 'b'],
      ],
      /must be arrays of 2 numbers/,
    ],
    [[['a']], /numbers, strings, booleans, bigints, dates or arrays of so many numbers/],
    [[[]], /arrays of so many numbers/],
  ])('refuses others: %j', (v, message) => {
    expect(() => createTable({ v: v as never })).toThrow(message);
  });
});
