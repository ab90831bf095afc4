/**
 * Curves of calibration and weights of votes are learned from what models say about rows whose labels they have not
 * seen. A classifier that tells what its models were asked shows it, bit for bit; asking the models of all rows instead
 * (the leaky way) fails each check.
 */
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import '../../src/evaluation/worker-tasks.ts';
import type { FitOptions } from '../../src/pipeline/estimator.ts';
import { votePlan, voteRequest } from '../../src/stacking/committee/fit-committee.ts';
import { withMembers } from '../../src/stacking/level-one/cross-fit.ts';
import { learnWeights } from '../../src/stacking/voting/learn-weights.ts';
import {
  type VotingClassificationModel,
  VotingClassifier,
} from '../../src/stacking/voting/voting-classifier.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';
import { randomNumbers } from '../tools/random-data.ts';
import { type Cell, cutTable, type SampleData, withSampleColumn } from '../tools/sample-data.ts';

const inline = new InlineRunner();
const random = randomNumbers(8);
const rows = Array.from({ length: 240 }, (_, row) => row);
const data: SampleData = [
  { name: 'x0', type: 'float64', cells: rows.map(() => random()) },
  { name: 'x1', type: 'float64', cells: rows.map(() => random()) },
  { name: 'id', type: 'int32', cells: rows.map((row) => 3 * row + 1) },
  { name: 'group', type: 'int32', cells: rows.map(() => Math.floor(25 * random())) },
  { name: 'time', type: 'float64', cells: rows.map(() => random()) },
  { name: 'part', type: 'int32', cells: rows.map(() => Math.floor(3 * random())) },
  { name: 'label', type: 'bool', cells: rows.map(() => random() < 0.5) },
];

/** Scores by row id, one map for each table that a model was asked about. */
type Answers = ReadonlyMap<number, string>[];
let answers: Map<number, string>[] = [];

/** A classifier whose models tell what they answered about which rows. */
class TellingTree extends DecisionTreeClassifier {
  override async fit(table: PartitionedTable, options: FitOptions = {}) {
    const model = await super.fit(table, options);
    const transform = model.transform.bind(model);
    const telling = async (given: PartitionedTable): Promise<PartitionedTable> => {
      const scored = await transform(given);
      const { id = [], probability = [] } = await contentOf(scored.select('id', 'probability'));
      const texts = probability.map((p) => Array.from(p as number[]).join(' '));
      answers.push(new Map(id.map((one, i) => [Number(one), texts[i] as string])));
      return scored;
    };
    Object.defineProperty(model, 'transform', { value: telling });
    return model;
  }
}

const tree = new TellingTree({ featuresCols: ['x0', 'x1'], labelCol: 'label', maxDepth: 4 });
const shallow = new DecisionTreeClassifier({
  featuresCols: ['x0'],
  labelCol: 'label',
  maxDepth: 1,
});

type Way = 'honest' | 'leaky';

const rules = {
  position: {},
  id: { idCol: 'id' },
  group: { groupCol: 'group' },
  column: { foldCol: 'part' },
  time: { timeCol: 'time' },
} as const;

const ways = {
  ...Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      `calibration, folds by ${name}`,
      async (table: PartitionedTable, way: Way): Promise<Answers> => {
        const calibrated = new CalibratedClassifier({ estimator: tree, numFolds: 3, ...rule });
        return await calibrationAnswers(calibrated, table, way);
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      `learned weights, folds by ${name}`,
      async (table: PartitionedTable, way: Way): Promise<Answers> => {
        answers = [];
        const estimators = [tree, shallow];
        const voting = new VotingClassifier({
          estimators,
          weighting: 'learned',
          numFolds: 3,
          ...rule,
        });
        const model: VotingClassificationModel = await voting.fit(table);
        if (way === 'honest') return answers;
        answers = [];
        // both members, whatever their weights are
        for (const member of [await tree.fit(table), ...model.models])
          await member.transform(table);
        return answers.slice(0, 1);
      },
    ]),
  ),
};

/** The model of all rows is asked first, then those of the folds. */
async function calibrationAnswers(
  calibrated: CalibratedClassifier,
  table: PartitionedTable,
  way: Way,
): Promise<Answers> {
  answers = [];
  await calibrated.fit(table);
  expect(answers.length).toBe(4);
  return way === 'honest' ? answers.slice(1) : answers.slice(0, 1);
}

function flipped(which: (id: number) => boolean): SampleData {
  const column = data.find(({ name }) => name === 'label') as SampleData[number];
  const cells = column.cells.map((cell, row): Cell => (which(3 * row + 1) ? cell !== true : cell));
  return withSampleColumn(data, { ...column, cells });
}

describe.each(Object.keys(ways))('%s', (name) => {
  const answersOf = ways[name as keyof typeof ways] as (
    table: PartitionedTable,
    way: Way,
  ) => Promise<Answers>;

  it.each([
    ['honest', true],
    ['leaky', false],
  ] as const)('%s: learn from scores that know nothing of the label', async (way, isHonest) => {
    const folds = await answersOf(cutTable(inline, data), 'honest');
    const times = (data.find((column) => column.name === 'time') as SampleData[number]).cells;
    const byTime = name.endsWith('time');
    const isChanged = (id: number): boolean =>
      byTime ? Number(times[(id - 1) / 3]) >= 0.6 : folds[1]?.has(id) === true;
    const merged = (all: Answers) => new Map(all.flatMap((one) => [...one]));
    const before = merged(await answersOf(cutTable(inline, data), way));
    const after = merged(await answersOf(cutTable(inline, flipped(isChanged), [50, 100]), way));
    let stayed = true;
    let others = false;
    for (const [id, text] of before) {
      // by time, what comes before the change; else the rows of the fold whose labels changed
      if (isChanged(id) !== byTime) stayed &&= after.get(id) === text;
      else others ||= after.get(id) !== text;
    }
    expect(stayed).toBe(isHonest);
    if (isHonest) expect(others).toBe(true);
  });
});

describe('on noise', () => {
  it('a member that memorises gets no weight, unless weights are learned the leaky way', async () => {
    const many = Array.from({ length: 3000 }, (_, row) => row);
    const table = inlineTable({
      x0: many.map(() => random()),
      x1: many.map(() => random()),
      label: many.map(() => random() < 0.5),
    });
    const memory = new DecisionTreeClassifier({ featuresCols: ['x0', 'x1'], maxDepth: 30 });
    const members = [memory, shallow].map((stage, i) => ({ name: `m${i}`, stage }));
    const voting = new VotingClassifier({
      estimators: [memory, shallow],
      weighting: 'learned',
      numFolds: 3,
    });
    const honest = await voting.fit(table);
    // members of no weight are left out
    expect(honest.memberWeights.length === 1 || (honest.memberWeights[0] as number) < 0.1).toBe(
      true,
    );
    const models = [await memory.fit(table), await shallow.fit(table)];
    const request = voteRequest('soft', [false, true]);
    const plan = votePlan('test', table.schema, { members, models, request });
    const leaky = await learnWeights(
      await withMembers(table, models, plan, {}),
      { plan, labelCol: 'label', weightCol: null, how: { kind: 'mixture' } },
      {},
    );
    expect(leaky[0]).toBeGreaterThan(0.9);
  });
});
