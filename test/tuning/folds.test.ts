/** Rows find their folds: each in one fold, and by the rule that was asked for, whatever the partitions. */
import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import '../../src/feature/worker-operators.ts';
import { checkFoldColumns } from '../../src/feature/folds/check-fold-columns.ts';
import { foldComplaint, foldParams } from '../../src/feature/folds/fold-params.ts';
import { foldsOf, withFoldNumbers } from '../../src/feature/folds/folds.ts';
import { planFolds } from '../../src/feature/folds/plan-folds.ts';
import { defineParams, type Options } from '../../src/params/define-params.ts';
import { resolveParams } from '../../src/params/resolve-params.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf } from '../tools/inline-table.ts';
import { randomNumbers, shuffled } from '../tools/random-data.ts';
import { cutTable, evenCuts, pickRows, type SampleData } from '../tools/sample-data.ts';

const inline = new InlineRunner();
const pool = new ThreadPool(2, workerUrl());
afterAll(() => pool.close());

const numRows = 600;
const random = randomNumbers(3);
const rows = Array.from({ length: numRows }, (_, row) => row);
const data: SampleData = [
  { name: 'id', type: 'int64', cells: shuffled(rows, random) },
  { name: 'label', type: 'text', cells: rows.map((row) => (row % 15 === 0 ? 'rare' : 'usual')) },
  { name: 'household', type: 'text', cells: rows.map(() => `h${Math.floor(40 * random() ** 2)}`) },
  { name: 'day', type: 'int32', cells: rows.map(() => Math.floor(100 * random())) },
  { name: 'part', type: 'int32', cells: rows.map(() => [3, 7, 11][Math.floor(3 * random())] ?? 3) },
];

const schema = defineParams('Test', foldParams, foldComplaint);
type FoldOptions = Options<typeof foldParams>;
const paramsOf = (options: FoldOptions) =>
  resolveParams(schema, { numFolds: 4, seed: 5, ...options });

async function numbersOf(table: PartitionedTable, options: FoldOptions): Promise<number[]> {
  const request = { owner: 'Test', params: paramsOf(options), labelCol: 'label' };
  const plan = await planFolds(table, request);
  const content = await contentOf(withFoldNumbers(table, plan, 'fold'));
  const ids = content['id'] as bigint[];
  const folds = foldsOf(table, plan);
  expect(folds).toHaveLength(plan.numFolds);
  for (const [fold, { inside, outside }] of folds.entries()) {
    const isTime = plan.rule?.kind === 'time';
    const numbers = content['fold'] as number[];
    const want = (keep: (own: number) => boolean): bigint[] =>
      ids.filter((_, row) => keep(numbers[row] as number));
    expect((await contentOf(inside))['id']).toEqual(want((own) => own === fold));
    expect((await contentOf(outside))['id']).toEqual(
      want((own) => (isTime ? own < fold : own !== fold)),
    );
  }
  return content['fold'] as number[];
}

const table = cutTable(inline, data);
const rules = {
  random: {},
  byId: { idCol: 'id' },
  stratified: { stratified: true },
  group: { groupCol: 'household' },
  time: { timeCol: 'day' },
  column: { foldCol: 'part' },
} as const;

describe('folds', () => {
  it.each(Object.keys(rules) as (keyof typeof rules)[])(
    'are the same for any partitions and threads: %s',
    async (rule) => {
      const expected = await numbersOf(table, rules[rule]);
      for (const cuts of [evenCuts(numRows, 7), [0, 1, 599]])
        expect(await numbersOf(cutTable(pool, data, cuts), rules[rule])).toEqual(expected);
    },
  );

  it('share out every class evenly, rare ones too', async () => {
    const folds = await numbersOf(table, { stratified: true, numFolds: 5 });
    for (const [label, share] of [
      ['rare', 8],
      ['usual', 112],
    ] as const) {
      const counts = [0, 0, 0, 0, 0];
      for (const [row, fold] of folds.entries())
        if (data[1]?.cells[row] === label) counts[fold] = (counts[fold] as number) + 1;
      expect(counts).toEqual([share, share, share, share, share]);
    }
  });

  it('do not all leave the same fold without a rare class', async () => {
    const few: SampleData = [
      { name: 'id', type: 'int64', cells: rows.slice(0, 60) },
      { name: 'label', type: 'int32', cells: rows.slice(0, 60).map((row) => row % 30) },
    ];
    const folds = await numbersOf(cutTable(inline, few), { stratified: true });
    for (let fold = 0; fold < 4; fold++)
      expect(folds.filter((own) => own === fold).length).toBeGreaterThan(10);
  });

  it('keep groups together, in folds of about one size, wherever their rows are', async () => {
    const folds = await numbersOf(table, { groupCol: 'household' });
    const households = data[2]?.cells ?? [];
    const foldOf = new Map(households.map((household, row) => [household, folds[row]]));
    for (const [row, fold] of folds.entries())
      expect(foldOf.get(households[row] as string)).toBe(fold);
    for (let fold = 0; fold < 4; fold++) {
      const size = folds.filter((own) => own === fold).length;
      expect(Math.abs(size - numRows / 4)).toBeLessThan(20);
    }
    const order = shuffled(rows, random);
    const moved = await numbersOf(cutTable(inline, pickRows(data, order)), {
      groupCol: 'household',
    });
    expect(moved).toEqual(order.map((row) => folds[row]));
  });

  it('follow each other in time, the oldest rows only trained on', async () => {
    const folds = await numbersOf(table, { timeCol: 'day' });
    const days = (data[3]?.cells ?? []) as number[];
    for (let fold = 0; fold < 4; fold++) {
      const inside = days.filter((_, row) => folds[row] === fold);
      const before = days.filter((_, row) => (folds[row] as number) < fold);
      expect(Math.max(...before)).toBeLessThan(Math.min(...inside));
      expect(inside.length).toBeGreaterThan(90);
    }
    expect(Math.min(...folds)).toBe(-1);
  });

  it('are those of a column, by its values in order', async () => {
    const folds = await numbersOf(table, { foldCol: 'part' });
    expect(folds).toEqual(data[4]?.cells.map((part) => [3, 7, 11].indexOf(part as number)));
  });

  it('are refused where rows lack what decides, or columns are wrong', async () => {
    const holes = data.map((column) =>
      column.name === 'household' || column.name === 'day' || column.name === 'part'
        ? { ...column, cells: column.cells.map((cell, row) => (row === 17 ? null : cell)) }
        : column,
    );
    const holed = cutTable(inline, holes);
    const code = { code: 'DATA_INVALID' };
    await expect(numbersOf(holed, { groupCol: 'household' })).rejects.toMatchObject(code);
    await expect(numbersOf(holed, { timeCol: 'day' })).rejects.toMatchObject(code);
    await expect(numbersOf(holed, { foldCol: 'part' })).rejects.toMatchObject({
      code: 'LABEL_INVALID',
    });
    await expect(numbersOf(table, { timeCol: 'label' })).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
    });
    await expect(numbersOf(table, { groupCol: 'household2' })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    });
    const same = data.map((column) => ({
      ...column,
      cells: column.cells.map((cell) => (column.type === 'int32' ? 1 : cell)),
    }));
    const flat = cutTable(inline, same);
    await expect(numbersOf(flat, { timeCol: 'day' })).rejects.toMatchObject(code);
    await expect(numbersOf(flat, { foldCol: 'part' })).rejects.toMatchObject(code);
    expect(() => paramsOf({ groupCol: 'day', stratified: true })).toThrow('groupCol of Test must');
    const request = { owner: 'Test', params: paramsOf({ timeCol: 'label' }), labelCol: 'label' };
    expect(() => checkFoldColumns(request, table.schema)).toThrow('a time, a date or a number');
  });
});
