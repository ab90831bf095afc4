/**
 * No row is judged by a model that has seen its label. Each check takes a way to make level-one values, and tells
 * the honest way (out of fold) from a leaky one (members fitted on the rows that they judge).
 */
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { DecisionTreeRegressor } from '../../src/ensemble/forest/decision-tree-regressor.ts';
import { BinaryClassificationEvaluator } from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { StringIndexer } from '../../src/feature/categories/string-indexer.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { StackingRegressor } from '../../src/stacking/stack/stacking-regressor.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf } from '../tools/inline-table.ts';
import { randomNumbers } from '../tools/random-data.ts';
import { type Cell, cutTable, type SampleData, withSampleColumn } from '../tools/sample-data.ts';
// A runner without threads carries the training programs out in this thread.
import '../../src/training/worker-programs.ts';

const inline = new InlineRunner();
const random = randomNumbers(12);
const rows = Array.from({ length: 240 }, (_, row) => row);
const data: SampleData = [
  { name: 'x0', type: 'float64', cells: rows.map(() => random()) },
  { name: 'x1', type: 'float64', cells: rows.map(() => random()) },
  { name: 'word', type: 'text', cells: rows.map(() => `w${Math.floor(9 * random())}`) },
  { name: 'id', type: 'int32', cells: rows.map((row) => 3 * row + 1) },
  { name: 'group', type: 'int32', cells: rows.map(() => Math.floor(25 * random())) },
  { name: 'time', type: 'float64', cells: rows.map(() => random()) },
  { name: 'part', type: 'int32', cells: rows.map(() => Math.floor(3 * random())) },
  { name: 'label', type: 'bool', cells: rows.map(() => random() < 0.5) },
  { name: 'target', type: 'float64', cells: rows.map(() => random()) },
];

const featuresCols = ['x0', 'x1'];
const rules = {
  byPosition: {},
  byId: { idCol: 'id' },
  byGroup: { groupCol: 'group' },
  byColumn: { foldCol: 'part' },
  byTime: { timeCol: 'time' },
} as const;
type Rule = (typeof rules)[keyof typeof rules];

/** Level-one values: one list a row, by the row's position, and the fold of each. */
interface LevelOne {
  readonly values: ReadonlyMap<number, readonly number[]>;
  readonly folds: ReadonlyMap<number, number>;
}
type Way = 'honest' | 'leaky';

function stackOf(kind: 'classes' | 'numbers', rule: Rule) {
  const options = { numFolds: 3, keepOutOfFold: true, ...rule } as const;
  if (kind === 'numbers') {
    const tree = { featuresCols, labelCol: 'target', maxDepth: 20 };
    return new StackingRegressor({
      estimators: [
        new DecisionTreeRegressor(tree),
        new DecisionTreeRegressor({ ...tree, maxDepth: 3 }),
      ],
      finalEstimator: new DecisionTreeRegressor({ maxDepth: 2 }),
      ...options,
    });
  }
  const tree = { labelCol: 'label', maxDepth: 20 };
  return new StackingClassifier({
    estimators: [
      new DecisionTreeClassifier({ ...tree, featuresCols }),
      new Pipeline({
        stages: [
          new StringIndexer({ inputCol: 'word', outputCol: 'index' }),
          new DecisionTreeClassifier({ ...tree, featuresCols: ['index', 'x1'] }),
        ],
      }),
    ],
    finalEstimator: new DecisionTreeClassifier({ maxDepth: 2 }),
    ...options,
  });
}

/** The level-one values of a fit; the leaky way asks the members that saw every label. */
async function levelOneOf(
  stack: ReturnType<typeof stackOf>,
  table: PartitionedTable,
  way: Way,
): Promise<LevelOne> {
  const model = await stack.fit(table);
  const honest = await contentOf(model.outOfFold as PartitionedTable);
  const positions = honest['rowPosition'] as number[];
  const folds = new Map(positions.map((at, i) => [at, honest['foldNumber']?.[i] as number]));
  const content = way === 'honest' ? honest : await contentOf(await model.levelOne(table));
  const places = way === 'honest' ? positions : rows;
  const values = places.map((at, i): [number, number[]] => [
    at,
    model.levelOneColumns.map((name) => content[name]?.[i] as number),
  ]);
  return { values: new Map(values), folds };
}

function flipped(kind: 'classes' | 'numbers', which: (row: number) => boolean): SampleData {
  const name = kind === 'classes' ? 'label' : 'target';
  const column = data.find((one) => one.name === name) as SampleData[number];
  const flip = (cell: Cell): Cell => (kind === 'classes' ? cell !== true : 5 - Number(cell));
  const cells = column.cells.map((cell, row) => (which(row) ? flip(cell) : cell));
  return withSampleColumn(data, { ...column, cells });
}

/** Which rows keep their level-one values, and whether any other row's changed. */
function compare(before: LevelOne, after: LevelOne, mustStay: (row: number) => boolean) {
  let stayed = true;
  let changed = false;
  for (const [row, values] of before.values) {
    const same = values.every((value, i) => Object.is(value, after.values.get(row)?.[i]));
    if (mustStay(row)) stayed &&= same;
    else changed ||= !same;
  }
  return { stayed, changed };
}

const cases = [
  ...(Object.keys(rules) as (keyof typeof rules)[]).map((rule) => ['classes', rule] as const),
  ['numbers', 'byPosition'] as const,
  ['numbers', 'byTime'] as const,
];

describe.each(cases)('level-one values of %s, folds %s', (kind, rule) => {
  const stack = stackOf(kind, rules[rule]);

  it.each([
    ['honest', true],
    ['leaky', false],
  ] as const)('%s: do not know the labels of the rows they judge', async (way, isHonest) => {
    const before = await levelOneOf(stack, cutTable(inline, data), way);
    const times = (data.find(({ name }) => name === 'time') as SampleData[number]).cells;
    const isChanged = (row: number): boolean =>
      rule === 'byTime' ? Number(times[row]) >= 0.6 : before.folds.get(row) === 1;
    const after = await levelOneOf(
      stack,
      cutTable(inline, flipped(kind, isChanged), [50, 100]),
      way,
    );
    // by time, what comes before the change; else the rows of the fold whose labels changed
    const mustStay = (row: number): boolean => isChanged(row) !== (rule === 'byTime');
    const { stayed, changed } = compare(before, after, mustStay);
    expect(stayed).toBe(isHonest);
    if (isHonest) expect(changed).toBe(true);
  });
});

describe('on noise', () => {
  it('out-of-fold scores of members that memorise are worth nothing', async () => {
    const numbers = Array.from({ length: 12_000 }, (_, row) => row);
    const noise: SampleData = [
      { name: 'x0', type: 'float32', cells: numbers.map(() => random()) },
      { name: 'x1', type: 'float32', cells: numbers.map(() => random()) },
      { name: 'label', type: 'bool', cells: numbers.map(() => random() < 0.5) },
    ];
    const table = cutTable(inline, noise);
    const stack = new StackingClassifier({
      estimators: [new DecisionTreeClassifier({ featuresCols, maxDepth: 30 })],
      names: ['memory'],
      finalEstimator: new DecisionTreeClassifier({ maxDepth: 2 }),
      numFolds: 3,
      keepOutOfFold: true,
    });
    const model = await stack.fit(table);
    const aucOf = async (levelOne: PartitionedTable): Promise<number> =>
      await new BinaryClassificationEvaluator({ rawPredictionCol: 'memory' }).evaluate(levelOne);
    const honest = await aucOf(model.outOfFold as PartitionedTable);
    expect(Math.abs(honest - 0.5)).toBeLessThan(0.02);
    expect(await aucOf(await model.levelOne(table))).toBeGreaterThan(0.95);
  });
});
