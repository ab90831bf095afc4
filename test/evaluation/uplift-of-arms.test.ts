import { Field, FixedSizeList, Float64 } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import {
  UpliftEvaluator,
  type UpliftEvaluatorOptions,
  upliftMetricNames,
} from '../../src/evaluation/evaluators/uplift-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { fixedSizeListColumn, withColumns } from '../../src/table/columns/make-column.ts';
import {
  batchFromColumns,
  tableFromBatch,
  tableFromColumns,
} from '../../src/table/create-table.ts';
import { randomNumbers, range } from '../tools/random-data.ts';

const runner = new InlineRunner();

const random = randomNumbers(4);
const rows = range(120).map(() => ({
  arm: ['none', 'a', 'b', 'c'][Math.floor(4 * random())] as string,
  label: random() < 0.4 ? 1 : 0,
  ofA: Math.floor(9 * random()) / 16,
  ofB: Math.floor(7 * random()) / 16,
  weight: 1 + Math.floor(3 * random()),
}));
type Row = (typeof rows)[number];

const columnsOf = (own: readonly Row[]) => ({
  ...{ arm: own.map(({ arm }) => arm), label: own.map(({ label }) => label) },
  ...{ ofA: own.map(({ ofA }) => ofA), ofB: own.map(({ ofB }) => ofB) },
  weight: own.map(({ weight }) => weight),
});

/** The rows with predictions of b, then of a, in a vector. */
function scored(own: readonly Row[], { numPartitions = 1, told = true } = {}) {
  const item = new Field('item', new Float64(), false);
  const names = new Map([
    ['treatments', '["b","a"]'],
    ['controlValue', 'none'],
  ]);
  const field = new Field('prediction', new FixedSizeList(2, item), true, told ? names : undefined);
  const flat = Float64Array.from(own.flatMap(({ ofA, ofB }) => [ofB, ofA]));
  const batch = withColumns(batchFromColumns(columnsOf(own)), [
    [field, fixedSizeListColumn(flat, 2)],
  ]);
  return tableFromBatch(runner, batch, { numPartitions });
}

const known = rows.filter(({ arm }) => arm !== 'c');
const evaluator = (options: UpliftEvaluatorOptions = {}) =>
  new UpliftEvaluator({ treatmentCol: 'arm', weightCol: 'weight', ...options });

/** The metrics of one arm as those of 0 and 1, of its rows and the untreated ones alone. */
async function alone(arm: 'a' | 'b') {
  const own = rows.filter((row) => row.arm === arm || row.arm === 'none');
  const flags = own.map((row) => Number(row.arm === arm));
  const table = tableFromColumns(runner, { ...columnsOf(own), flag: Float64Array.from(flags) });
  const predictionCol = arm === 'a' ? 'ofA' : 'ofB';
  const measured = new UpliftEvaluator({
    treatmentCol: 'flag',
    weightCol: 'weight',
    predictionCol,
  });
  return { metrics: await measured.evaluateAll(table), curve: await measured.curve(table) };
}

describe('UpliftEvaluator of several treatments', () => {
  it('measures each by its own predictions against the untreated rows, and tells the mean', async () => {
    const [a, b] = [(await alone('a')).metrics, (await alone('b')).metrics];
    expect(await evaluator({ treatments: ['a'] }).evaluateAll(scored(rows))).toEqual(a);
    expect(await evaluator({ treatments: ['b'] }).evaluateAll(scored(rows))).toEqual(b);
    const both = await evaluator().evaluateAll(scored(known));
    for (const name of upliftMetricNames) {
      expect(both[name]).toBe(((a[name] as number) + (b[name] as number)) / 2);
      expect(await evaluator({ metricName: name }).evaluate(scored(known))).toBe(both[name]);
    }
    expect(
      await evaluator().evaluateAll(scored([...known].reverse(), { numPartitions: 5 })),
    ).toEqual(both);
    expect(await evaluator({ treatments: ['a', 'b'] }).evaluateAll(scored(rows))).toEqual(both);
  });

  it('takes vectors without names in the order of treatments, and a number for one treatment', async () => {
    const { metrics } = await alone('a');
    const told = { controlValue: 'none', treatments: ['b', 'a'] };
    const both = await evaluator().evaluateAll(scored(known));
    expect(await evaluator(told).evaluateAll(scored(known, { told: false }))).toEqual(both);
    const one = { ...told, treatments: ['a'], predictionCol: 'ofA' };
    expect(await evaluator(one).evaluateAll(scored(rows))).toEqual(metrics);
  });

  it('gives the curves one after another, with their names', async () => {
    const curve = await (await evaluator().curve(scored(known))).collect();
    const [b, a] = [
      await (await alone('b')).curve.collect(),
      await (await alone('a')).curve.collect(),
    ];
    const column = (table: typeof curve, name: string) => [...(table.getChild(name) ?? [])];
    expect(column(curve, 'gain')).toEqual([...column(b, 'gain'), ...column(a, 'gain')]);
    expect(column(curve, 'treatment')).toEqual([
      ...column(b, 'gain').map(() => 'b'),
      ...column(a, 'gain').map(() => 'a'),
    ]);
    const one = await evaluator({ treatments: ['a'] }).curve(scored(rows));
    expect(one.columns).toEqual(['threshold', 'share', 'gain']);
  });

  it('refuses arms that nobody predicted, and values that are none', async () => {
    const refused = (options: UpliftEvaluatorOptions, table = scored(known)) =>
      expect(evaluator(options).evaluate(table)).rejects;
    await refused({}, scored(rows)).toThrow(
      /arm \(of UpliftEvaluator\) must be "none" or a treatment \("b", "a"\) in every row; got "c" in row \d+: name it in treatments/,
    );
    await refused({ treatments: ['aa'] }).toThrow(
      'treatments of UpliftEvaluator must be treatments that prediction was predicted for; got aa: did you mean a?',
    );
    await refused({ treatments: ['a'], controlValue: 'nobody' }).toThrow(
      'arm (of UpliftEvaluator) must be nobody in some rows; got none: controlValue names',
    );
    await refused({ treatments: ['a'] }, scored(known.filter(({ arm }) => arm !== 'a'))).toThrow(
      'arm (of UpliftEvaluator) must be a in some rows; got none: treatments names',
    );
    await refused({}, scored(known, { told: false })).toThrow(
      'must be boolean, or a number 0 or 1; treatments names other values',
    );
    await refused(
      { treatmentCol: 'label', labelCol: 'weight', weightCol: undefined },
      scored(known, { told: false }),
    ).toThrow('must be a number, or a vector whose values treatments names');
    await refused({ treatments: ['a', 'b'], predictionCol: 'ofA', controlValue: 'none' }).toThrow(
      'treatments of UpliftEvaluator must be one where ofA is a number',
    );
    await refused(
      { treatments: ['b', 'a', 'c'], controlValue: 'none' },
      scored(rows, { told: false }),
    ).toThrow('must have a value for each treatment (b, a, c); got vectors of 2');
  });
});
