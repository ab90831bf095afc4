import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import {
  RankingEvaluator,
  type RankingEvaluatorOptions,
} from '../../src/evaluation/evaluators/ranking-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';

interface Row {
  readonly group: string;
  readonly grade: number;
  readonly score: number;
  readonly weight: number;
}

const runner = new InlineRunner();

async function evaluate(
  rows: readonly Row[],
  options: RankingEvaluatorOptions = {},
  numPartitions = 1,
) {
  const columns = {
    label: Int32Array.from(rows, (row) => row.grade),
    prediction: Float64Array.from(rows, (row) => row.score),
    group: rows.map((row) => row.group),
    weight: Float64Array.from(rows, (row) => row.weight),
  };
  return await new RankingEvaluator(options).evaluateAll(
    tableFromColumns(runner, columns, { numPartitions }),
  );
}

/** Rows of one group with these grades, best score first. */
function ranked(grades: readonly number[], group = 'a'): Row[] {
  return grades.map((grade, i) => ({ group, grade, score: -i, weight: 1 }));
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) =>
    orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

const arbitraryRows = fc.array(
  fc.record({
    group: fc.constantFrom('a', 'b', 'c'),
    grade: fc.integer({ min: 0, max: 3 }),
    score: fc.constantFrom(-1, 0, 0.5, 2),
    weight: fc.constantFrom(0.5, 1, 3),
  }),
  { minLength: 1, maxLength: 14 },
);

describe('RankingEvaluator', () => {
  it('has the values that the definitions give by hand', async () => {
    const rows = [...ranked([0, 2, 0, 1, 1]), ...ranked([1, 0, 0, 0, 0], 'b')];
    const metrics = await evaluate(rows, { k: 3 });
    const best = 3 + 1 / Math.log2(3) + 1 / 2;
    expect(metrics['ndcgAtK']).toBeCloseTo((3 / Math.log2(3) / best + 1) / 2, 12);
    expect(metrics['meanReciprocalRank']).toBe((1 / 2 + 1) / 2);
    expect(metrics['meanAveragePrecision']).toBeCloseTo(((1 / 2 + 2 / 4 + 3 / 5) / 3 + 1) / 2, 12);
    expect(metrics['meanAveragePrecisionAtK']).toBeCloseTo((1 / 2 / 3 + 1) / 2, 12);
    expect(metrics['precisionAtK']).toBeCloseTo(1 / 3, 12);
    expect(metrics['recallAtK']).toBeCloseTo((1 / 3 + 1) / 2, 12);
  });

  it('takes the mean over all orders of rows whose scores tie', async () => {
    const grades = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(grades, fc.integer({ min: 1, max: 5 }), async (found, k) => {
        fc.pre(found.some((grade) => grade > 0));
        const top = { group: 'a', grade: 1, score: 9, weight: 1 };
        const last = { group: 'a', grade: 2, score: -9, weight: 1 };
        const tied = found.map((grade) => ({ group: 'a', grade, score: 0, weight: 1 }));
        const ours = await evaluate([last, ...tied, top], { k });
        const all = await Promise.all(
          orders(found).map((order) =>
            evaluate(
              [top, ...ranked(order), last].map((row, i) => ({ ...row, score: -i })),
              { k },
            ),
          ),
        );
        for (const [name, value] of Object.entries(ours)) {
          const sum = all.reduce((total, metrics) => total + (metrics[name] as number), 0);
          expect(value, name).toBeCloseTo(sum / all.length, 10);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is the same for any order of rows and any partitions', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRows, fc.integer({ min: 1, max: 5 }), async (rows, numParts) => {
        const options = { k: 2, weightCol: 'weight', labelGains: [0.1, 0.7, 1.3, 2.9] };
        const plain = await evaluate(rows, options);
        expect(await evaluate([...rows].reverse(), options, numParts)).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  it('weighs groups by the mean of their rows, and leaves rows of weight 0 out', async () => {
    const good = ranked([1, 0], 'good').map((row) => ({ ...row, weight: 3 }));
    const bad = ranked([0, 1], 'bad');
    const out = { group: 'good', grade: 3, score: -9, weight: 0 };
    const { meanReciprocalRank } = await evaluate([...good, ...bad, out], { weightCol: 'weight' });
    expect(meanReciprocalRank).toBe((3 * 1 + 1 * 0.5) / 4);
  });

  it('counts groups without a relevant row as it is told', async () => {
    const rows = [...ranked([0, 1]), ...ranked([0, 0], 'empty')];
    const mrr = async (options: RankingEvaluatorOptions) =>
      (await evaluate(rows, options))['meanReciprocalRank'];
    expect(await mrr({})).toBe(0.75);
    expect(await mrr({ emptyGroups: 'zero' })).toBe(0.25);
    expect(await mrr({ emptyGroups: 'skip' })).toBe(0.5);
    expect(await mrr({ emptyGroups: 'skip', relevantFrom: 2 })).toBeNaN();
  });

  it('refuses what it cannot measure', async () => {
    const fails = (rows: readonly Row[], options?: RankingEvaluatorOptions) =>
      expect(evaluate(rows, options)).rejects;
    await fails(ranked([0, 1]), { groupCol: 'query' }).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    await fails(ranked([0, 4]), { labelGains: [0, 1] }).toMatchObject({
      code: 'LABEL_INVALID',
      message: expect.stringContaining('a whole number from 0 to 1'),
    });
    const none = ranked([0, 1]).map((row) => ({ ...row, weight: 0 }));
    await fails(none, { weightCol: 'weight' }).toMatchObject({ code: 'DATA_EMPTY' });
  });

  it('refuses groups that are fractions or missing, and takes whole numbers of any type', async () => {
    const measured = async (group: Float64Array) => {
      const columns = { label: Int32Array.of(0, 1), prediction: Float64Array.of(1, 2), group };
      return await new RankingEvaluator().evaluate(tableFromColumns(runner, columns));
    };
    await expect(measured(Float64Array.of(1, 1.5))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(
        'an integer or a text in every row to be evaluated; got 1.5',
      ),
    });
    await expect(measured(Float64Array.of(1, Number.NaN))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('there in every row to be evaluated; got NaN'),
    });
    expect(await measured(Float64Array.of(7, 7))).toBe(1);
  });
});
