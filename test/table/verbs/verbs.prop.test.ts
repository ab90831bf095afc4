import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnInput } from '../../../src/table/create-table.ts';
import { col, when } from '../../../src/table/expressions/expression.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { cellsOfTable, partitionings } from '../topologies.ts';

interface Row {
  readonly x: number | null;
  readonly k: string | null;
  readonly b: boolean | null;
}

const row: fc.Arbitrary<Row> = fc.record({
  x: fc.option(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: false })), { freq: 5 }),
  k: fc.option(fc.constantFrom('', 'a', 'b', 'é', '🙂', 'z'), { freq: 5 }),
  b: fc.option(fc.boolean(), { freq: 5 }),
});
const rows = fc.array(row, { maxLength: 40 });

function columnsOf(list: readonly Row[]): Record<string, ColumnInput> {
  return {
    id: Int32Array.from(list, (_, i) => i),
    x: Float64Array.from(list, ({ x }) => x ?? Number.NaN),
    n: list.map(({ x }) => x),
    k: list.length === 0 ? ([''] as string[]).slice(1) : list.map(({ k }) => k),
    b: list.map(({ b }) => b),
  };
}

/** A verb gives the same rows whatever the partitions; returns those rows' ids. */
async function idsOf(
  list: readonly Row[],
  verb: (table: PartitionedTable) => PartitionedTable,
): Promise<number[]> {
  const results = [];
  for (const table of partitionings(columnsOf(list))) results.push(await cellsOfTable(verb(table)));
  for (const other of results) expect(other).toEqual(results[0]);
  return (results[0]?.['id'] ?? []).map(Number);
}

function law(name: string, check: (list: readonly Row[]) => Promise<void>): void {
  it(name, async () => {
    // Columns of nothing have no kind: the laws need one value of each.
    const typed = rows.map((list) => [...list, { x: 0.5, k: 'a', b: true }]);
    await fc.assert(fc.asyncProperty(typed, check), { numRuns: 40 });
  });
}

describe('verbs give the same rows for any partitioning', () => {
  law('filter keeps the rows where the condition is true', async (list) => {
    const ids = await idsOf(list, (table) => table.filter(col('n').gt(0).and(col('k').ne('a'))));
    const expected = list.flatMap(({ x, k }, i) =>
      x !== null && (x > 0 || Number.isNaN(x)) && k !== null && k !== 'a' ? [i] : [],
    );
    expect(ids).toEqual(expected);
  });

  law('filter by a closure does the same', async (list) => {
    const expression = await idsOf(list, (table) =>
      table.filter(col('b').or(col('id').mod(2).eq(0))),
    );
    const closure = await idsOf(list, (table) =>
      table.filter((batch) =>
        [...batch].map((cells) => cells?.['b'] === true || Number(cells?.['id']) % 2 === 0),
      ),
    );
    expect(closure).toEqual(expression);
  });

  law('distinct keeps the first of equal rows', async (list) => {
    const ids = await idsOf(list, (table) => table.distinct('k', 'b'));
    const seen = new Set<string>();
    const expected = list.flatMap(({ k, b }, i) => {
      const key = JSON.stringify([k, b]);
      if (seen.has(key)) return [];
      seen.add(key);
      return [i];
    });
    expect(ids).toEqual(expected);
    expect(await idsOf(list, (table) => table.distinct())).toEqual(list.map((_, i) => i));
  });

  law('orderBy puts nulls first, NaN last, and keeps the order of equals', async (list) => {
    const ids = await idsOf(list, (table) => table.orderBy('k', { column: 'n', descending: true }));
    const compare = (a: number, b: number) => {
      const [left, right] = [list[a] as Row, list[b] as Row];
      const byText = Buffer.compare(Buffer.from(left.k ?? ''), Buffer.from(right.k ?? ''));
      const byNull = Number(right.k === null) - Number(left.k === null);
      const rank = (x: number | null) => (x === null ? -1 : Number.isNaN(x) ? 1 : 0);
      const byRank = rank(right.x) - rank(left.x);
      const byNumber =
        rank(left.x) === 0 && rank(right.x) === 0
          ? Math.sign(Number(right.x) - Number(left.x) || 0)
          : 0;
      return byNull || byText || byRank || byNumber || a - b;
    };
    expect(ids).toEqual(list.map((_, i) => i).sort(compare));
  });

  law('limit, repartition and union keep the order', async (list) => {
    const all = list.map((_, i) => i);
    expect(await idsOf(list, (table) => table.limit(5))).toEqual(all.slice(0, 5));
    expect(
      await idsOf(list, (table) => table.repartition(3).filter(col('id').ge(1)).repartition(2)),
    ).toEqual(all.slice(1));
    expect(await idsOf(list, (table) => table.union(table.limit(2)))).toEqual([
      ...all,
      ...all.slice(0, 2),
    ]);
    expect(await idsOf(list, (table) => table.filter(col('id').ge(2)).limit(3))).toEqual(
      all.slice(2, 5),
    );
  });

  law('samples and splits are drawn by position', async (list) => {
    const all = list.map((_, i) => i);
    const parts: number[] = [];
    for (const part of [0, 1, 2]) {
      parts.push(
        ...(await idsOf(
          list,
          (table) => table.randomSplit([2, 1, 1], { seed: 5 })[part] as PartitionedTable,
        )),
      );
    }
    expect(parts.sort((a, b) => a - b)).toEqual(all);
    const sample = await idsOf(list, (table) => table.sample(0.5, { seed: 3 }));
    expect(await idsOf(list, (table) => table.sample(0.5, { seed: 3 }))).toEqual(sample);
    expect(await idsOf(list, (table) => table.sample(1))).toEqual(all);
    expect(await idsOf(list, (table) => table.sample(0))).toEqual([]);
    // Positions are those of the table that is sampled, after its filters.
    await idsOf(list, (table) => table.filter(col('id').mod(3).ne(1)).sample(0.5, { seed: 9 }));
  });

  law('missing values are dropped and filled', async (list) => {
    const any = await idsOf(list, (table) => table.na.drop());
    expect(any).toEqual(
      list.flatMap(({ x, k, b }, i) =>
        x !== null && !Number.isNaN(x) && k !== null && b !== null ? [i] : [],
      ),
    );
    const every = await idsOf(list, (table) => table.na.drop({ how: 'all', columns: ['k', 'b'] }));
    expect(every).toEqual(list.flatMap(({ k, b }, i) => (k !== null || b !== null ? [i] : [])));
    const filled = await idsOf(list, (table) =>
      table.na.fill(7).na.fill({ k: 'none', b: false }).filter(col('n').eq(7)),
    );
    expect(filled).toEqual(list.flatMap(({ x }, i) => (x === null || Number.isNaN(x) ? [i] : [])));
  });

  law('new columns, casts, renames and selections', async (list) => {
    await idsOf(list, (table) =>
      table
        .withColumn('s', when(col('n').gt(0), 'up').when(col('n').le(0), 'down').otherwise('none'))
        .withColumn('t', col('s').concat('-', col('k')).upper())
        .withColumn(
          'y',
          (batch) => Float64Array.from([...batch], (cells) => Number(cells?.['id']) * 2),
          { type: 'double' },
        )
        .cast({ b: 'string', y: 'int' })
        .rename({ s: 'direction', k: 's' })
        .select('id', 'direction', 't', 's', 'y', 'b'),
    );
  });

  law('describe is exact', async (list) => {
    const results = [];
    for (const table of partitionings(columnsOf(list)))
      results.push(await cellsOfTable(await table.describe()));
    for (const other of results) expect(other).toEqual(results[0]);
    const values = list.map(({ x }) => x).filter((x) => x !== null && !Number.isNaN(x)) as number[];
    const [count, missing, , , min, max] = (results[0]?.['n'] ?? []).map(
      (cell) => JSON.parse(cell) as number | string,
    );
    expect(count).toBe(values.length);
    expect(missing).toBe(list.length - values.length);
    if (values.every(Number.isFinite)) {
      expect(min).toBe(Math.min(...values) + 0);
      expect(max).toBe(Math.max(...values) + 0);
    }
  });

  law('caching changes nothing', async (list) => {
    await idsOf(list, (table) => table.filter(col('b')).cache().withColumn('z', 1));
  });
});
