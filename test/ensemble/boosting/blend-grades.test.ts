/** Trees on grades beside those of pairs: what do both make of a table together? */
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTRanker, type GBTRankingModel } from '../../../src/ensemble/boosting/gbt-ranker.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import '../../../src/feature/worker-operators.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { range } from '../../tools/random-data.ts';
import { cutTable, pickRows, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../../training/fit-sample.ts';

const groupSize = 10;
const numGroups = 80;

/** Numbers of [0, 1) that look drawn. */
function drawn(seed: number, i: number): number {
  const x = Math.sin(seed * 12.9898 + i * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

/** Grades that hang on two numbers and on chance. */
function gradedRows(): SampleData {
  const rows = range(groupSize * numGroups);
  const worth = (row: number): number => 2 * drawn(1, row) + 1.5 * drawn(2, row) * drawn(2, row);
  return [
    { name: 'near', type: 'float64', cells: rows.map((row) => drawn(1, row)) },
    { name: 'clear', type: 'float64', cells: rows.map((row) => drawn(2, row)) },
    { name: 'noise', type: 'float64', cells: rows.map((row) => drawn(3, row)) },
    {
      name: 'grade',
      type: 'int32',
      cells: rows.map((row) => Math.min(4, Math.floor(worth(row) + 1.5 * drawn(4, row)))),
    },
    { name: 'query', type: 'int32', cells: rows.map((row) => Math.floor(row / groupSize)) },
    { name: 'id', type: 'int32', cells: rows },
  ] as SampleData;
}

const data = gradedRows();
const rows = range(groupSize * numGroups);
const isHeld = (row: number): boolean => Math.floor(row / groupSize) % 2 === 0;
const train = pickRows(
  data,
  rows.filter((row) => !isHeld(row)),
);
const held = pickRows(data, rows.filter(isHeld));
const plain = {
  featuresCols: ['near', 'clear', 'noise'],
  labelCol: 'grade',
  idCol: 'id',
  maxLeaves: 7,
};
const fitRanker = async (more: Record<string, unknown> = {}): Promise<TreeModel> =>
  await fitSample({ name: 'GBTRanker', options: { ...plain, groupCol: 'query', ...more } }, train);

function deviation(numbers: readonly number[]): number {
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (numbers.length - 1));
}

/** What is left when the mean is taken off. */
function centred(numbers: readonly number[]): number[] {
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return numbers.map((x) => x - mean);
}

describe('GBTRanker with grades', () => {
  let usual: TreeModel;
  let pairs: TreeModel;
  let grades: TreeModel;
  beforeAll(async () => {
    usual = await fitRanker();
    pairs = await fitRanker({ gradeWeight: 0 });
    grades = await fitSample({ name: 'GBTRegressor', options: plain }, train);
  });

  it.each([1, 0.25])('adds what a regressor learns, of weight %s', async (weight) => {
    const model = weight === 1 ? usual : await fitRanker({ gradeWeight: weight });
    const [ofPairs, ofGrades] = await Promise.all(
      [pairs, grades].map(async (one) => deviation(await predictedNumbers(one, train))),
    );
    const scale = (weight * (ofPairs as number)) / (ofGrades as number);
    const parts = await Promise.all([pairs, grades].map((one) => predictedNumbers(one, held)));
    const wanted = centred(
      (parts[0] as number[]).map((x, i) => (x + scale * (parts[1]?.[i] as number)) / (1 + scale)),
    );
    const got = centred(await predictedNumbers(model, held));
    wanted.forEach((score, i) => {
      expect(got[i]).toBeCloseTo(score, 7);
    });
    expect(model.numTrees).toBe(pairs.numTrees + grades.numTrees);
    // what is measured is of pairs alone
    const measured = await fitRanker({ gradeWeight: weight, ndcgAt: [1, 5] });
    expect(treeBytes(measured)).toEqual(treeBytes(model));
  });

  it('learns pairs alone where rounds, losses or rows to stop on are given', async () => {
    const rounds = { maxIter: 7 };
    const given = await fitRanker(rounds);
    expect(given.numTrees).toBe(7);
    expect(treeBytes(await fitRanker({ ...rounds, gradeWeight: 0 }))).toEqual(treeBytes(given));
    const group = { ...plain, groupCol: 'query' };
    const stopped = await fitSample({ name: 'GBTRanker', options: group }, train, {
      validation: held,
    });
    expect(stopped.summary.validationLosses.length).toBeGreaterThanOrEqual(stopped.numTrees);
    // rounds of pairs are as many as were asked for, those of grades are found
    const asked = await fitRanker({ ...rounds, gradeWeight: 1 });
    expect(asked.numTrees).toBe(7 + grades.numTrees);
  });

  it('tells of rounds of pairs first, then of rounds of grades', async () => {
    const told: string[] = [];
    const options = { ...plain, groupCol: 'query', maxIter: 3, gradeWeight: 1 };
    await fitSample({ name: 'GBTRanker', options }, train, {
      onProgress: ({ phase, done, message }) => {
        told.push(phase === 'train' ? `${message} ${done > 0}` : phase);
      },
    });
    const kinds = told.filter((kind, i) => kind !== told[i - 1]);
    expect(kinds.slice(0, 4)).toEqual([
      'read',
      'bin',
      'rounds true',
      'rounds, model 1 of 4 of grades true',
    ]);
  });

  it('refits the leaves of each on what it learned', async () => {
    const table = cutTable(new InlineRunner(), train);
    const refitted = await (usual as GBTRankingModel).refitLeaves(table, { decayRate: 0 });
    const before = await predictedNumbers(usual, held);
    const after = await predictedNumbers(refitted, held);
    // on the rows that the trees were grown on, leaves stay near what they were
    expect(deviation(after.map((x, i) => x - (before[i] as number)))).toBeLessThan(
      0.05 * deviation(before),
    );
  });

  it('refuses weights where grades tell of something else', () => {
    expect(() => new GBTRanker({ gradeWeight: -1 })).toThrow(/gradeWeight/);
    expect(() => new GBTRanker({ gradeWeight: 1, positionCol: 'place' })).toThrow(
      /gradeWeight of GBTRanker must be 0 or left out with positionCol/,
    );
    expect(() => new GBTRanker({ gradeWeight: 1, offsetCol: 'margin' })).toThrow(/with offsetCol/);
    expect(new GBTRanker({ gradeWeight: 0, offsetCol: 'margin' }).params.gradeWeight).toBe(0);
  });

  it('refuses a weight with an initial model', async () => {
    const begun = await fitRanker({ maxIter: 2 });
    const options = { ...plain, groupCol: 'query', maxIter: 2, gradeWeight: 1 };
    await expect(
      fitSample({ name: 'GBTRanker', options }, train, { initialModel: begun }),
    ).rejects.toThrow(/gradeWeight of GBTRanker must be 0 or left out with an initial model/);
  });
});
