import { describe, expect, it } from 'vitest';
import { CoppiceError } from '../../../src/base/errors.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTRanker } from '../../../src/ensemble/boosting/gbt-ranker.ts';
import type { TreeModel } from '../../../src/ensemble/model/tree-model.ts';
import { RankingEvaluator } from '../../../src/evaluation/evaluators/ranking-evaluator.ts';
import '../../../src/evaluation/worker-tasks.ts';
import { rankingMetricNames } from '../../../src/training/ranking/group-metrics.ts';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { ndcgByHand } from '../../tools/ndcg-by-hand.ts';
import { range } from '../../tools/random-data.ts';
import { columnNamed, cutTable, pickRows, type SampleData } from '../../tools/sample-data.ts';
import { fitSample, predictedNumbers } from '../../training/fit-sample.ts';

const groupSize = 12;
const numGroups = 90;

/** Numbers of [0, 1) that look drawn. */
function drawn(seed: number, i: number): number {
  const x = Math.sin(seed * 12.9898 + i * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

/**
 * Groups whose level moves all their grades: knowing it meets the labels and says nothing of the order. The order
 * hangs on `match`, weakly, and `level` has many values.
 */
function groupedRows(): SampleData {
  const rows = range(groupSize * numGroups);
  const group = (row: number): number => Math.floor(row / groupSize);
  const level = (row: number): number => 4 * drawn(1, group(row));
  const match = rows.map((row) => drawn(2, row));
  const grade = rows.map((row) => {
    const value = level(row) + 1.2 * ((match[row] as number) - 0.5) + 0.8 * (drawn(3, row) - 0.5);
    return Math.max(0, Math.min(4, Math.round(value)));
  });
  return [
    { name: 'level', type: 'float64', cells: rows.map((row) => level(row) + drawn(4, row) / 4) },
    { name: 'match', type: 'float64', cells: match },
    { name: 'grade', type: 'int32', cells: grade },
    { name: 'query', type: 'int32', cells: rows.map(group) },
    { name: 'words', type: 'text', cells: rows.map((row) => `query ${group(row)}`) },
    { name: 'id', type: 'int32', cells: rows },
    { name: 'noise', type: 'float64', cells: rows.map((row) => drawn(5, row)) },
  ] as SampleData;
}

const data = groupedRows();
const isHeld = (row: number): boolean => Math.floor(row / groupSize) % 3 === 0;
const allRows = range(groupSize * numGroups);
const train = pickRows(
  data,
  allRows.filter((row) => !isHeld(row)),
);
const held = pickRows(data, allRows.filter(isHeld));
const options = {
  featuresCols: ['level', 'match', 'noise'],
  labelCol: 'grade',
  groupCol: 'query',
  idCol: 'id',
  maxIter: 12,
  maxLeaves: 7,
  stepSize: 0.2,
};
const ranker = (more: Record<string, unknown> = {}) =>
  ({ name: 'GBTRanker', options: { ...options, ...more } }) as const;
const numbersOf = (rows: SampleData, name: string): number[] =>
  columnNamed(rows, name).cells.map(Number);

async function heldNdcg(model: TreeModel, k: number): Promise<number> {
  return ndcgByHand({
    scores: await predictedNumbers(model, held),
    grades: numbersOf(held, 'grade'),
    groups: numbersOf(held, 'query'),
    k,
  });
}

async function failureOf(fit: Promise<unknown>): Promise<CoppiceError> {
  const error = await fit.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CoppiceError);
  return error as CoppiceError;
}

/** The data with one cell of a column changed. */
function withCell(name: string, row: number, cell: unknown): SampleData {
  return train.map((column) =>
    column.name === name
      ? { ...column, cells: column.cells.map((old, i) => (i === row ? cell : old)) }
      : column,
  ) as SampleData;
}

describe('GBTRanker', () => {
  it('orders rows better than a regressor that meets the level of groups first', async () => {
    const model = await fitSample(ranker(), train);
    const { groupCol: _, ...plain } = options;
    const pointwise = await fitSample({ name: 'GBTRegressor', options: plain }, train);
    const ranked = await heldNdcg(model, 5);
    expect(ranked).toBeGreaterThan((await heldNdcg(pointwise, 5)) + 0.02);
    expect(ranked).toBeGreaterThan(0.9);
  });

  it('shows 1 − NDCG of the validation groups in every round, and keeps the best', async () => {
    const stopping = { stepSize: 0.6, maxIter: 40, earlyStoppingRounds: 5, ndcgAt: 4 };
    const model = await fitSample(ranker(stopping), train, { validation: held });
    const { validationLosses } = model.summary;
    const least = Math.min(...validationLosses);
    expect(validationLosses.length).toBeLessThan(40);
    expect(model.numTrees).toBe(validationLosses.indexOf(least) + 1);
    expect(least).toBeCloseTo(1 - (await heldNdcg(model, 4)), 12);
  });

  it('measures what RankingEvaluator does in every round, and stops on the first of it', async () => {
    const names = [...rankingMetricNames];
    const stopping = { stepSize: 0.6, maxIter: 40, earlyStoppingRounds: 5, ndcgAt: 4 };
    for (const first of ['meanAveragePrecision', 'meanReciprocalRank']) {
      const metrics = [first, ...names.filter((name) => name !== first), 'loss'];
      const found = ranker({ ...stopping, validationMetrics: metrics });
      const model = await fitSample(found, train, { validation: held });
      const { history } = model.summary;
      const values = history.find(({ metric }) => metric === first)?.values as readonly number[];
      expect(values.length).toBeLessThan(40);
      expect(model.numTrees).toBe(values.indexOf(Math.max(...values)) + 1);
      const scored = await predictedNumbers(model, held);
      const table = cutTable(new InlineRunner(), [
        ...held,
        { name: 'prediction', type: 'float64', cells: scored },
      ]);
      const evaluator = new RankingEvaluator({ labelCol: 'grade', groupCol: 'query', k: 4 });
      const wanted = await evaluator.evaluateAll(table);
      for (const { metric, values: own } of history) {
        if (metric === 'loss') continue;
        expect(own[model.numTrees - 1], metric).toBeCloseTo(wanted[metric] as number, 12);
      }
    }
    expect(() => new GBTRanker({ validationMetrics: ['rmse'] })).toThrow(/meanReciprocalRank/);
  });

  it('weighs pairs by what they change in the average precision, or all alike', async () => {
    const isRelevant = numbersOf(data, 'grade').map((grade) => (grade >= 3 ? 1 : 0));
    const binary = data.map((column) =>
      column.name === 'grade' ? { ...column, cells: isRelevant } : column,
    ) as SampleData;
    const rows = (wanted: boolean) =>
      pickRows(
        binary,
        allRows.filter((row) => isHeld(row) === wanted),
      );
    const precisionOf = async (pairWeight: string): Promise<number> => {
      const found = ranker({ pairWeight, validationMetrics: ['meanAveragePrecision'] });
      const model = await fitSample(found, rows(false), { validation: rows(true) });
      return Math.max(...(model.summary.history[0]?.values ?? []));
    };
    const constant = ranker({ maxIter: 1, minInstancesPerNode: 5000 });
    const metrics = { validationMetrics: ['meanAveragePrecision'] };
    const chance = await fitSample(
      { ...constant, options: { ...constant.options, ...metrics } },
      rows(false),
      { validation: rows(true) },
    );
    const luck = chance.summary.history[0]?.values[0] as number;
    for (const weight of ['map', 'equal']) {
      expect(await precisionOf(weight)).toBeGreaterThan(luck + 0.1);
    }
    // grades from 1 on are relevant, whichever they are
    const higher = binary.map((column) =>
      column.name === 'grade' ? { ...column, cells: isRelevant.map((one) => 3 * one) } : column,
    ) as SampleData;
    const precise = ranker({ pairWeight: 'map' });
    expect(treeBytes(await fitSample(precise, higher))).toEqual(
      treeBytes(await fitSample(precise, binary)),
    );
  });

  it('tells what places add to clicks from what rows are worth', async () => {
    // rows are shown in the order of a poor ranker, and those further down are hardly seen
    const worth = allRows.map((row) => drawn(2, row));
    const guess = allRows.map((row) => drawn(7, row) + (worth[row] as number) / 4);
    const groupOf = (row: number): number => Math.floor(row / groupSize);
    const placeOf = (row: number): number =>
      allRows
        .slice(groupOf(row) * groupSize, (groupOf(row) + 1) * groupSize)
        .filter((other) => (guess[other] as number) > (guess[row] as number)).length;
    const places = allRows.map(placeOf);
    const clicks = allRows.map((row) => {
      const isSeen = drawn(8, row) < 0.9 ** (3 * (places[row] as number));
      return isSeen && drawn(9, row) < 0.1 + 0.8 * (worth[row] as number) ? 1 : 0;
    });
    const column = (name: string, cells: readonly number[]) =>
      ({ name, type: 'float64', cells }) as const;
    const rows: SampleData = [
      column('match', worth),
      column('guess', guess),
      ...data.filter(({ name }) => ['query', 'id'].includes(name)),
      column('click', clicks),
      column('place', places),
    ];
    const found = (more: Record<string, unknown>) =>
      ranker({
        ...{ featuresCols: ['match', 'guess'], labelCol: 'click', maxIter: 60, stepSize: 0.1 },
        ...more,
      });
    const worthOf = async (more: Record<string, unknown>): Promise<number> =>
      ndcgByHand({
        scores: await predictedNumbers(await fitSample(found(more), rows), rows),
        grades: worth.map((value) => Math.floor(5 * value)),
        groups: numbersOf(data, 'query'),
        k: 5,
      });
    const plain = await worthOf({});
    const places2 = { positionCol: 'place' };
    expect(await worthOf(places2)).toBeGreaterThan(plain + 0.02);
    const held = { ...places2, positionBiasRegularization: 1e6 };
    expect(await worthOf(held)).toBeCloseTo(plain, 2);
    const bad = rows.map((one) =>
      one.name === 'place' ? { ...one, cells: [-1, ...one.cells.slice(1)] } : one,
    );
    expect((await failureOf(fitSample(found(places2), bad))).message).toMatch(
      /place \(the positionCol of GBTRanker\) must be a whole number from 0 to 999 .*got -1 in row 0/,
    );
    const whole = await fitSample(found({ ...places2, maxIter: 9 }), rows);
    const begun = await fitSample(found({ ...places2, maxIter: 4 }), rows);
    const more = found({ ...places2, maxIter: 5 });
    const continued = await fitSample(more, rows, { initialModel: begun });
    expect(treeBytes(continued)).toEqual(treeBytes(whole));
    expect(continued.summary).toEqual(whole.summary);
    const biases = whole.summary.positionBiases ?? [];
    expect(biases).toHaveLength(Math.max(...places) + 1);
    // who stands first is clicked most
    expect(biases[0]).toBeGreaterThan(biases.at(-1) as number);
    expect(begun.summary.positionBiases).not.toEqual(biases);
    expect((await fitSample(found({}), rows)).summary.positionBiases).toBeNull();
    const further = await failureOf(fitSample(more, rows, { initialModel: whole.truncate(4) }));
    expect(further.code).toBe('UNSUPPORTED');
    expect(whole.truncate(9).summary.positionBiases).toEqual(biases);
    const stopped = found({ ...places2, maxIter: 30, earlyStoppingRounds: 2, stepSize: 1 });
    const watched = await fitSample(stopped, rows, { validation: rows });
    const kept = found({ ...places2, maxIter: watched.numTrees, stepSize: 1 });
    const alone = await fitSample(kept, rows);
    expect(watched.numTrees).toBeLessThan(30);
    expect(watched.summary.positionBiases).toEqual(alone.summary.positionBiases);
    expect(() => new GBTRanker({ positionBiasRegularization: 1 })).toThrow(/without positionCol/);
    expect(() => new GBTRanker({ ...places2, lossType: 'xendcg' })).toThrow(/lossType xendcg/);
  });

  it('is the same whatever groups are called and in which order rows lie', async () => {
    const model = await fitSample(ranker(), train);
    const named = await fitSample(ranker({ groupCol: 'words' }), train);
    expect(treeBytes(named)).toEqual(treeBytes(model));
    const numRows = numbersOf(train, 'id').length;
    const mixed = pickRows(
      train,
      range(numRows).sort((a, b) => drawn(6, a) - drawn(6, b)),
    );
    expect(treeBytes(await fitSample(ranker(), mixed))).toEqual(treeBytes(model));
  });

  it('learns grades first where it is told to: as a regressor does, then by pairs', async () => {
    const { groupCol: _, ...plain } = options;
    const regressor = await fitSample({ name: 'GBTRegressor', options: plain }, train);
    const scores = async (more: Record<string, unknown>): Promise<number[]> =>
      await predictedNumbers(await fitSample(ranker({ pairWeight: 'gain', ...more }), train), held);
    const points = await scores({ pointwiseRounds: 12 });
    const wanted = await predictedNumbers(regressor, held);
    const grades = numbersOf(train, 'grade');
    const centre = grades.reduce((a, b) => a + b) / grades.length;
    points.forEach((score, i) => {
      expect(score + centre).toBeCloseTo(wanted[i] as number, 9);
    });
    const half = await fitSample(ranker({ pairWeight: 'gain', pointwiseRounds: 6 }), train);
    const start = await fitSample(ranker({ pointwiseRounds: 9, maxIter: 6 }), train);
    expect(treeBytes(half.truncate(6))).toEqual(treeBytes(start));
    expect(await heldNdcg(half, 5)).toBeGreaterThan((await heldNdcg(regressor, 5)) + 0.01);
  });

  it('learns from whole groups as well, and draws by row and round', async () => {
    const list = ranker({ lossType: 'xendcg', maxIter: 30, stepSize: 0.3 });
    const model = await fitSample(list, train);
    expect(await heldNdcg(model, 5)).toBeGreaterThan(0.9);
    expect(treeBytes(await fitSample(list, train))).toEqual(treeBytes(model));
    const other = await fitSample(ranker({ ...list.options, seed: 99 }), train);
    expect(treeBytes(other)).not.toEqual(treeBytes(model));
    const half = await fitSample(ranker({ ...list.options, maxIter: 15 }), train);
    const rest = ranker({ ...list.options, maxIter: 15 });
    const whole = await fitSample(rest, train, { initialModel: half });
    expect(treeBytes(whole)).toEqual(treeBytes(model));
  });

  it('goes on from a model as if it had not stopped', async () => {
    const whole = await fitSample(ranker(), train);
    const half = await fitSample(ranker({ maxIter: 6 }), train);
    const rest = await fitSample(ranker({ maxIter: 6 }), train, { initialModel: half });
    expect(treeBytes(rest)).toEqual(treeBytes(whole));
    const other = await fitSample(ranker({ seed: 5 }), train);
    expect(treeBytes(other)).not.toEqual(treeBytes(whole));
    const undrawn = async (seed: number): Promise<number[]> =>
      await predictedNumbers(await fitSample(ranker({ orderNoise: 0, seed }), train), held);
    expect(await undrawn(5)).toEqual(await undrawn(0));
  });

  it('takes gains for what they are to each other', async () => {
    const model = await fitSample(ranker({ labelGains: [0, 1, 2, 3, 4] }), train);
    const larger = await fitSample(ranker({ labelGains: [0, 8, 16, 24, 32] }), train);
    expect(treeBytes(larger)).toEqual(treeBytes(model));
    const plain = await fitSample(ranker(), train);
    expect(treeBytes(plain)).not.toEqual(treeBytes(model));
    const asDefault = await fitSample(ranker({ labelGains: [0, 1, 3, 7, 15] }), train);
    expect(treeBytes(asDefault)).toEqual(treeBytes(plain));
  });

  it('learns nothing where no group has two grades, and does not stumble', async () => {
    const model = await fitSample(ranker({ groupCol: 'id' }), train);
    expect(new Set(await predictedNumbers(model, held))).toEqual(new Set([0]));
  });

  it('refuses grades without a gain and rows without a group, by row', async () => {
    const noGain = await failureOf(fitSample(ranker({ labelGains: [0, 1, 2] }), train));
    expect(noGain.code).toBe('LABEL_INVALID');
    expect(noGain.message).toMatch(
      /grade \(the label of GBTRanker\) must be a whole number from 0 to 2 .* in every row; got [34] in row \d+ of partition \d+; give more labelGains/,
    );
    const negative = await failureOf(fitSample(ranker(), withCell('grade', 5, -1)));
    expect(negative.message).toMatch(/got -1 in row \d+ of partition \d+/);
    const missing = await failureOf(fitSample(ranker(), withCell('query', 7, null)));
    expect(missing.code).toBe('DATA_INVALID');
    expect(missing.message).toMatch(
      /query \(the group of GBTRanker\) must not be null; got null in row \d+ of partition \d+/,
    );
    const absent = await failureOf(fitSample(ranker({ groupCol: 'session' }), train));
    expect(absent.code).toBe('COLUMN_NOT_FOUND');
    const fraction = await failureOf(fitSample(ranker({ groupCol: 'match' }), train));
    expect(fraction.code).toBe('COLUMN_TYPE');
  });
});
