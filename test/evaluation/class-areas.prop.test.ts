/** Are areas of more than two classes what counting pairs of rows gives, whatever the partitions and the room? */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { classAreas } from '../../src/evaluation/class-areas.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';

interface Row {
  readonly label: number;
  readonly weight: number;
  readonly probability: readonly number[];
}

const numClasses = 3;
const evaluator = new MulticlassClassificationEvaluator({ weightCol: 'weight' });

function tableOf(
  rows: readonly Row[],
  numPartitions: number,
  runner = new InlineRunner(),
): PartitionedTable {
  const probabilities = Float64Array.from(rows.flatMap(({ probability }) => probability));
  const columns = {
    label: Int32Array.from(rows, ({ label }) => label),
    weight: Float64Array.from(rows, ({ weight }) => weight),
    probability: fixedSizeListColumn(probabilities, numClasses),
  };
  return tableFromColumns(runner, columns, { numPartitions });
}

/** Few values, so that many are equal. */
const rowsOf = fc.array(
  fc.record({
    label: fc.nat(numClasses - 1),
    weight: fc.nat(3),
    probability: fc.array(fc.nat(4), { minLength: numClasses, maxLength: numClasses }),
  }),
  { minLength: 1, maxLength: 40 },
);

/** The area of the probabilities of a class, between the rows of two sides. */
function areaOf(own: readonly Row[], others: readonly Row[], place: number): number {
  let [area, all] = [0, 0];
  for (const one of own) {
    for (const other of others) {
      const weight = one.weight * other.weight;
      const gap = (one.probability[place] as number) - (other.probability[place] as number);
      area += weight * (gap > 0 ? 1 : gap === 0 ? 0.5 : 0);
      all += weight;
    }
  }
  return area / all;
}

/** By the definition: every pair of rows. */
function expectedAreas(rows: readonly Row[]): Record<string, number> {
  const sides = Array.from({ length: numClasses }, (_, k) => rows.filter((row) => row.label === k));
  const weights = sides.map((side) => side.reduce((sum, { weight }) => sum + weight, 0));
  const present = [...sides.keys()].filter((k) => (weights[k] as number) > 0);
  const against = sides.map((side, k) =>
    areaOf(
      side,
      rows.filter(({ label }) => label !== k),
      k,
    ),
  );
  const pairs = present.flatMap((a, i) =>
    present.slice(i + 1).map((b) => {
      const [one, other] = [sides[a] as Row[], sides[b] as Row[]];
      const area = (areaOf(one, other, a) + areaOf(other, one, b)) / 2;
      return { area, weight: (weights[a] as number) + (weights[b] as number) };
    }),
  );
  const mean = (of: readonly { area: number; weight: number }[]): number =>
    of.reduce((sum, { area, weight }) => sum + area * weight, 0) /
    of.reduce((sum, { weight }) => sum + weight, 0);
  return {
    areaUnderROCOneVsRest: mean(against.map((area) => ({ area, weight: 1 }))),
    weightedAreaUnderROCOneVsRest: mean(
      present.map((k) => ({ area: against[k] as number, weight: weights[k] as number })),
    ),
    areaUnderROCOneVsOne: mean(pairs.map(({ area }) => ({ area, weight: 1 }))),
    weightedAreaUnderROCOneVsOne: mean(pairs),
  };
}

it('counts the pairs of rows, ties half, with weights and absent classes', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf, fc.integer({ min: 1, max: 5 }), async (rows, numPartitions) => {
      fc.pre(rows.some(({ weight }) => weight > 0));
      const metrics = await evaluator.evaluateAll(tableOf(rows, numPartitions));
      for (const [name, expected] of Object.entries(expectedAreas(rows)))
        expect(metrics[name], name).toEqual(
          Number.isNaN(expected) ? expected : expect.closeTo(expected, 12),
        );
    }),
  );
});

it('gives the same bits for any partitions, order of the rows and room', async () => {
  const shuffled = rowsOf.chain((rows) =>
    fc.tuple(
      fc.constant(rows),
      fc.shuffledSubarray(rows, { minLength: rows.length }),
      fc.integer({ min: 1, max: 5 }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(shuffled, fc.boolean(), async ([rows, others, numPartitions], isWeighted) => {
      const request = {
        labelCol: 'label',
        weightCol: isWeighted ? 'weight' : null,
        probabilityCol: 'probability',
        classes: [0, 1, 2],
        numRows: rows.length,
      };
      // sums of such weights are rounded
      const tenths = (all: readonly Row[]) =>
        all.map((row) => ({ ...row, weight: row.weight / 10 }));
      const expected = await classAreas(tableOf(tenths(rows), 1), request, {});
      const found = await classAreas(
        tableOf(tenths(others), numPartitions),
        { ...request, room: rows.length },
        {},
      );
      expect(found).toEqual(expected);
    }),
  );
});

it('counts a row of weight 2 as two rows', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf, async (rows) => {
      fc.pre(rows.some(({ weight }) => weight > 0));
      const repeated = rows.flatMap(
        (row) => Array(row.weight).fill({ ...row, weight: 1 }) as Row[],
      );
      const [expected, found] = await Promise.all(
        [tableOf(repeated, 2), tableOf(rows, 2)].map((table) => evaluator.evaluateAll(table)),
      );
      expect(found).toEqual(expected);
    }),
  );
});

it('needs labels that the model knows', async () => {
  const table = tableOf(
    [0, 1, 2, 3].map((label) => ({ label, weight: 1, probability: [0.5, 0.3, 0.2] })),
    2,
  );
  const request = { labelCol: 'label', weightCol: null, probabilityCol: 'probability' };
  const found = await classAreas(table, { ...request, classes: [0, 1, 2], numRows: 4 }, {});
  expect(found).toEqual({ areas: null, stranger: 3 });
});

/** Writes down which tasks run. */
class ToldRunner extends InlineRunner {
  readonly tasks: string[] = [];

  override async run<T>(name: string, payload: unknown): Promise<T> {
    this.tasks.push(name);
    return await super.run<T>(name, payload);
  }
}

it('reads the table once for all metrics, and what is not asked for is not computed', async () => {
  const rows = [0, 1, 2, 1].map((label, i) => {
    return { label, weight: 1, probability: [i / 10, 0.5, 0.5 - i / 10] };
  });
  const tasksOf = async (metrics?: readonly string[]): Promise<string[]> => {
    const runner = new ToldRunner();
    const table = tableOf(rows, 2, runner);
    const found = await evaluator.evaluateAll(table, { metrics });
    for (const name of metrics ?? ['logLoss', 'areaUnderROCOneVsOne'])
      expect(found).toHaveProperty(name);
    return runner.tasks.filter((name) => name.startsWith('evaluation'));
  };
  const once = ['evaluation.classes', 'evaluation.classes'];
  const read = ['evaluation.multiclass', 'evaluation.multiclass'];
  const ranks = Array(numClasses).fill('evaluation.classRanks');
  expect(await tasksOf()).toEqual([...once, ...read, ...ranks]);
  expect(await tasksOf(['logLoss'])).toEqual([...once, ...read]);
});
