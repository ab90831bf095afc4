import { afterAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../../src/ensemble/forest/decision-tree-regressor.ts';
import { BinaryClassificationEvaluator } from '../../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { TargetEncoder } from '../../../src/feature/categories/target-encoder.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { Session } from '../../../src/session/session.ts';
import { StackingRegressor } from '../../../src/stacking/stack/stacking-regressor.ts';
import '../../../src/tuning/worker-tasks.ts';
import type { PartitionedTable } from '../../../src/table/partitioned-table.ts';
import { contentOf, inlineTable, valuesOf } from '../../tools/inline-table.ts';
import { randomNumbers } from '../../tools/random-data.ts';
import { type Cell, cutTable, type SampleData, withSampleColumn } from '../../tools/sample-data.ts';
import { folderContent, temporaryFolder } from '../../tools/temporary-folder.ts';

const root = temporaryFolder('target-encoder');
const inline = new InlineRunner();
const random = randomNumbers(5);
const rows = Array.from({ length: 300 }, (_, row) => row);
const data: SampleData = [
  {
    name: 'word',
    type: 'text',
    cells: rows.map((row) => (row % 29 === 3 ? null : `w${Math.floor(12 * random() * random())}`)),
  },
  { name: 'id', type: 'int32', cells: rows.map((row) => 7 * row + 2) },
  { name: 'group', type: 'int32', cells: rows.map(() => Math.floor(30 * random())) },
  { name: 'time', type: 'float64', cells: rows.map(() => random()) },
  { name: 'part', type: 'int32', cells: rows.map(() => Math.floor(4 * random())) },
  { name: 'number', type: 'float64', cells: rows.map(() => 1e3 * (random() - 0.3)) },
  { name: 'flag', type: 'bool', cells: rows.map(() => random() < 0.4) },
  {
    name: 'kind',
    type: 'text',
    cells: rows.map(() => ['x', 'y', 'z'][Math.floor(3 * random())] as string),
  },
];
const cellsOf = (name: string) =>
  (data.find((column) => column.name === name) as SampleData[number]).cells;

const rules = {
  byPosition: {},
  byId: { idCol: 'id' },
  byGroup: { groupCol: 'group' },
  byColumn: { foldCol: 'part' },
  byTime: { timeCol: 'time' },
} as const;
type RuleName = keyof typeof rules;
type LabelName = 'number' | 'flag' | 'kind';

function encoderOf(label: LabelName, rule: RuleName): TargetEncoder {
  return new TargetEncoder({
    inputCol: 'word',
    outputCol: 'code',
    labelCol: label,
    numFolds: 3,
    seed: 4,
    ...rules[rule],
  });
}

type Way = 'honest' | 'leaky';

/** What a learner behind the encoder would be trained on; the leaky way encodes rows by the model of all rows. */
async function encodedBy(encoder: TargetEncoder, table: PartitionedTable, way: Way) {
  const { model, transformed } = await encoder.fitTransform(table);
  const encoded = way === 'honest' ? transformed : await model.transform(table);
  return (await valuesOf(encoded, 'code')).map((value) =>
    typeof value === 'number' ? [value] : Object.values(value as object),
  );
}

/** Which rows are of one fold: all of one fold have the same code for one word, unlike others. */
async function foldsOfRows(encoder: TargetEncoder, table: PartitionedTable): Promise<number[]> {
  const marked = encoder.copy({ inputCol: 'same', labelCol: 'position', targetType: 'continuous' });
  const position = Float64Array.from(rows, (row) => row * row);
  const wide = table
    .withColumn('same', 'all')
    .withColumn('position', () => position, { type: 'double' });
  const codes = await valuesOf((await marked.fitTransform(wide)).transformed, 'code');
  const known = [...new Set(codes)];
  return codes.map((code) => known.indexOf(code));
}

function changed(label: LabelName, which: (row: number) => boolean): SampleData {
  const column = data.find(({ name }) => name === label) as SampleData[number];
  const change = (cell: Cell): Cell =>
    label === 'number' ? 1e6 - Number(cell) : label === 'flag' ? cell !== true : 'z';
  const cells = column.cells.map((cell, row) => (which(row) ? change(cell) : cell));
  return withSampleColumn(data, { ...column, cells });
}

const cases = (Object.keys(rules) as RuleName[]).flatMap((rule) =>
  (['number', 'flag', 'kind'] as const).map((label) => [label, rule] as const),
);

describe.each(cases)('encodings of training rows by %s, folds %s', (label, rule) => {
  it.each([
    ['honest', true],
    ['leaky', false],
  ] as const)('%s: know nothing of the labels of their own fold', async (way, isHonest) => {
    const encoder = encoderOf(label, rule);
    const table = cutTable(inline, data);
    const before = await encodedBy(encoder, table, way);
    const times = cellsOf('time');
    const folds = rule === 'byTime' ? [] : await foldsOfRows(encoder, table);
    const isChanged = (row: number): boolean =>
      rule === 'byTime' ? Number(times[row]) >= 0.6 : folds[row] === 1;
    const after = await encodedBy(
      encoder,
      cutTable(inline, changed(label, isChanged), [90, 100]),
      way,
    );
    let stayed = true;
    let others = false;
    for (const row of rows) {
      const same = before[row]?.every((value, i) => Object.is(value, after[row]?.[i])) === true;
      // by time, what comes before the change; else the rows whose labels changed
      if (isChanged(row) !== (rule === 'byTime')) stayed &&= same;
      else others ||= !same;
    }
    expect(stayed).toBe(isHonest);
    expect(others).toBe(true);
  });
});

describe('a pipeline with a TargetEncoder', () => {
  const noise = Array.from({ length: 6000 }, (_, row) => row);
  const table = inlineTable(
    { id: noise.map((row) => `k${row % 1500}`), label: noise.map(() => random() < 0.5) },
    3,
  );
  const encoder = new TargetEncoder({ inputCol: 'id', outputCol: 'code', smoothing: 0 });

  it('trains later stages on encodings that are worth nothing on noise', async () => {
    const areaOf = async (encoded: PartitionedTable): Promise<number> =>
      await new BinaryClassificationEvaluator({ rawPredictionCol: 'code' }).evaluate(encoded);
    const { model, transformed } = await encoder.fitTransform(table);
    expect(Math.abs((await areaOf(transformed)) - 0.5)).toBeLessThan(0.02);
    // the leaky way looks like a discovery
    expect(await areaOf(await model.transform(table))).toBeGreaterThan(0.75);
  });

  it('hands the honest rows to the learner, in nested pipelines too', async () => {
    const tree = new DecisionTreeClassifier({ featuresCols: ['code'], maxDepth: 1 });
    const flat = await new Pipeline({ stages: [encoder, tree] }).fit(table);
    const inner = new Pipeline({ stages: [encoder] });
    const nested = await new Pipeline({ stages: [inner, tree] }).fit(table);
    const { transformed } = await encoder.fitTransform(table);
    const direct = await tree.fit(transformed);
    const text = (stage: unknown) => (stage as typeof direct).toDebugString();
    expect(text(flat.stages[1])).toBe(text(direct));
    expect(text(nested.stages[1])).toBe(text(direct));
  });

  it('is a member of a stack', async () => {
    const stack = new StackingRegressor({
      estimators: [
        new Pipeline({
          stages: [
            new TargetEncoder({ inputCol: 'word', outputCol: 'code' }),
            new DecisionTreeRegressor({ featuresCols: ['code'], maxDepth: 2 }),
          ],
        }),
      ],
      labelCol: 'number',
      numFolds: 2,
      finalEstimator: new DecisionTreeRegressor({ maxDepth: 2 }),
    });
    const given = cutTable(inline, data);
    // a word may be in one fold only
    await expect(stack.fit(given)).resolves.toBeDefined();
  });
});

describe('encodings of a model', () => {
  const table = inlineTable(
    {
      c: ['a', 'a', 'b', null, 'b', 'b'],
      y: [1, 2, 6, 10, 7, 8],
      kind: ['p', 'q', 'p', 'p', 'q', 'r'],
    },
    2,
  );
  const options = { inputCol: 'c', outputCol: 'e', labelCol: 'y' } as const;

  it('are means drawn towards the mean of all, and a missing value is a category', async () => {
    const model = await new TargetEncoder({ ...options, smoothing: 2 }).fit(table);
    const mean = 34 / 6;
    const near = (value: number): unknown => expect.closeTo(value, 12);
    expect(await valuesOf(await model.transform(table), 'e')).toEqual(
      [
        [1.5, 2],
        [1.5, 2],
        [7, 3],
        [10, 1],
        [7, 3],
        [7, 3],
      ].map(([own = 0, n = 0]) => near((own * n + 2 * mean) / (n + 2))),
    );
    const later = inlineTable({ c: ['never'] });
    await expect((await model.transform(later)).collect()).rejects.toThrow(
      'column c given to TargetEncoderModel must hold values seen at fit; got "never" in row 0',
    );
    const kept = await model.copy({ handleInvalid: 'keep' }).transform(later);
    expect(await valuesOf(kept, 'e')).toEqual([near(mean)]);
  });

  it('are shares of each class', async () => {
    const encoder = new TargetEncoder({ ...options, labelCol: 'kind', smoothing: 0 });
    const model = await encoder.fit(table);
    expect(model.classes).toEqual(['p', 'q', 'r']);
    const shares = await valuesOf(await model.transform(table), 'e');
    expect(shares.slice(0, 4)).toEqual([
      { p: 0.5, q: 0.5, r: 0 },
      { p: 0.5, q: 0.5, r: 0 },
      { p: 1 / 3, q: 1 / 3, r: 1 / 3 },
      { p: 1, q: 0, r: 0 },
    ]);
  });

  it('refuse labels that are not of the kind', async () => {
    await expect(
      new TargetEncoder({ ...options, labelCol: 'kind', targetType: 'binary' }).fit(table),
    ).rejects.toThrow('labels in column kind given to TargetEncoder must be two classes; got 3');
    await expect(
      new TargetEncoder({ ...options, labelCol: 'kind', targetType: 'continuous' }).fit(table),
    ).rejects.toThrow('column kind, labelCol of TargetEncoder, must be a number; got string');
    await expect(
      new TargetEncoder(options).fit(inlineTable({ c: ['a'], y: [null] })),
    ).rejects.toThrow('label in column "y" must be a finite number in every row');
  });
});

describe('in threads', () => {
  const sessions: Session[] = [];
  afterAll(async () => {
    for (const session of sessions) await session.close();
  });

  it('gives the same bytes for 1, 2, 3 and 5 threads, whatever the partitions', async () => {
    const columns = {
      word: cellsOf('word') as (string | null)[],
      number: cellsOf('number') as number[],
    };
    const encoder = new TargetEncoder({ inputCol: 'word', outputCol: 'code', labelCol: 'number' });
    const once = await encoder.fitTransform(inlineTable(columns));
    await once.model.save(`${root}/inline`);
    const expected = await contentOf(once.transformed);
    for (const threads of [1, 2, 3, 5]) {
      const session = await Session.local({ threads });
      sessions.push(session);
      for (const numPartitions of [1, 2, 7]) {
        const given = session.createTable(columns, { numPartitions });
        const { model, transformed } = await encoder.fitTransform(given);
        const path = `${root}/${threads}-${numPartitions}`;
        await model.save(path);
        expect(folderContent(path)).toEqual(folderContent(`${root}/inline`));
        expect(await contentOf(transformed)).toEqual(expected);
      }
    }
  });
});
