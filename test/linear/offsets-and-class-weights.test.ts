/** Margins that rows bring with them, and weights of classes: what they are the same as, and what is refused. */
import { describe, expect, it } from 'vitest';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { LinearSVC } from '../../src/linear/linear-svc.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import { fixedSizeListColumn } from '../../src/table/columns/make-column.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { predictionsOf } from '../tools/fitted-bytes.ts';
import { inlineTable } from '../tools/inline-table.ts';
import { randomNumbers, range } from '../tools/random-data.ts';

const random = randomNumbers(8);
const rows = range(600);
const x = rows.map(() => 2 * random() - 1);
const offset = rows.map(() => 4 * random() - 2);
const weight = rows.map(() => 0.5 + random());
const odds = rows.map((i) => 1.5 * (x[i] as number) + (offset[i] as number) - 1);
const isYes = rows.map((i) => random() < 1 / (1 + Math.exp(-(odds[i] as number))));
const grade = rows.map((i) => (isYes[i] === true ? 'b' : random() < 0.2 ? 'c' : 'a'));
const y = rows.map((i) => 3 * (x[i] as number) + (offset[i] as number) + 0.1 * random());
const columns = { x, offset, weight, isYes, grade, y };
const featuresCols = ['x'];

const vectorsOf = (cells: readonly number[][]) =>
  fixedSizeListColumn(Float64Array.from(cells.flat()), 3);

async function codeOf(work: () => Promise<unknown>): Promise<unknown> {
  return await work().then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
}

describe('an offset', () => {
  it('is what LinearRegression adds: the bits of a fit on the rest', async () => {
    const less = y.map((value, i) => value - (offset[i] as number));
    const table = inlineTable({ ...columns, less }, 3);
    const options = { featuresCols, weightCol: 'weight', regParam: 0.01 };
    const model = await new LinearRegression({
      ...options,
      labelCol: 'y',
      offsetCol: 'offset',
    }).fit(table);
    const plain = await new LinearRegression({ ...options, labelCol: 'less' }).fit(table);
    expect([...model.coefficients, model.intercept]).toEqual([
      ...plain.coefficients,
      plain.intercept,
    ]);
    const found = (await predictionsOf(model, table))['prediction'] as number[];
    const rest = (await predictionsOf(plain, table))['prediction'] as number[];
    expect(found).toEqual(rest.map((value, i) => value + (offset[i] as number)));
  });

  it.each([
    ['LogisticRegression', LogisticRegression],
    ['LinearSVC', LinearSVC],
  ] as const)('is a feature of %s whose coefficient is 1', async (_, Learner) => {
    const table = inlineTable(columns, 2);
    const options = { labelCol: 'isYes', tol: 1e-13, maxIter: 500 };
    // a second fit on what the first one says finds nothing more to learn
    const first = await new Learner({ ...options, featuresCols: ['x', 'offset'] }).fit(table);
    const said = first.coefficients[1] as number;
    const scaled = inlineTable({ ...columns, carried: offset.map((value) => said * value) }, 2);
    const second = await new Learner({ ...options, featuresCols, offsetCol: 'carried' }).fit(
      scaled,
    );
    expect(second.coefficients[0]).toBeCloseTo(first.coefficients[0] as number, 5);
    expect(second.intercept).toBeCloseTo(first.intercept, 5);
  });

  it('has an element a class where a model has several margins, and moves their probabilities', async () => {
    const offsets = vectorsOf(rows.map((i) => [0, offset[i] as number, -0.5]));
    const table = inlineTable({ ...columns, offsets }, 2);
    const options = { featuresCols, labelCol: 'grade', regParam: 1e-3 };
    const model = await new LogisticRegression({ ...options, offsetCol: 'offsets' }).fit(table);
    const score = await model.scorer();
    const scored = (await predictionsOf(model, table))['probability'] as number[];
    for (const i of [0, 7, 599]) {
      const own = score({ x: x[i] as number, offsets: [0, offset[i] as number, -0.5] });
      expect([...own.probability]).toEqual(scored.slice(3 * i, 3 * i + 3));
    }
    // what shifts every class alike is no offset at all
    const shifted = vectorsOf(rows.map(() => [3, 3, 3]));
    const even = inlineTable({ ...columns, offsets: shifted }, 2);
    const other = await new LogisticRegression({ ...options, offsetCol: 'offsets' }).fit(even);
    const none = await new LogisticRegression(options).fit(table);
    other.coefficientMatrix.forEach((row, k) => {
      expect(row[0]).toBeCloseTo(none.coefficientMatrix[k]?.[0] as number, 6);
    });
  });

  it('is refused where it is no number, has another length, or is the label', async () => {
    const refusal = (table: PartitionedTable, options: object) =>
      codeOf(() => new LogisticRegression({ featuresCols, offsetCol: 'o', ...options }).fit(table));
    const holes = inlineTable({
      ...columns,
      o: offset.map((value, i) => (i === 9 ? null : value)),
    });
    expect(await refusal(holes, { labelCol: 'isYes' })).toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(
        /^o \(the offset of LogisticRegression\) .* null or NaN in row 9/,
      ),
    });
    expect(
      await refusal(inlineTable({ ...columns, o: offset }), { labelCol: 'grade' }),
    ).toMatchObject({
      code: 'COLUMN_TYPE',
      message:
        'offsetCol of LogisticRegression must be a vector of 3 numbers, one a class; got a number',
    });
    expect(() => new LogisticRegression({ labelCol: 'o', offsetCol: 'o' })).toThrow(
      'offsetCol of LogisticRegression must differ from labelCol',
    );
    const model = await new LinearRegression({
      featuresCols,
      labelCol: 'y',
      offsetCol: 'offset',
    }).fit(inlineTable(columns));
    const without = await codeOf(() => model.transform(inlineTable({ x })));
    expect(without).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    const score = await model.scorer();
    expect(() => score({ x: 1 })).toThrow('offset, the offset of a prediction, must be a finite');
  });
});

describe.each([
  ['LogisticRegression', LogisticRegression],
  ['LinearSVC', LinearSVC],
] as const)('weights by class of %s', (_, Learner) => {
  const options = { featuresCols, labelCol: 'isYes', weightCol: 'weight' };

  it('are weights of rows, bit for bit', async () => {
    const product = weight.map((value, i) => value * (isYes[i] === true ? 2.5 : 1));
    const table = inlineTable({ ...columns, product }, 2);
    const named = await new Learner({ ...options, classWeights: { true: 2.5 } }).fit(table);
    const plain = await new Learner({ ...options, weightCol: 'product' }).fit(table);
    expect([...named.coefficients, named.intercept]).toEqual([
      ...plain.coefficients,
      plain.intercept,
    ]);
  });

  it('that are balanced give both classes the same total', async () => {
    const totals = [0, 0];
    rows.forEach((i) => {
      totals[Number(isYes[i])] = (totals[Number(isYes[i])] as number) + (weight[i] as number);
    });
    const all = (totals[0] as number) + (totals[1] as number);
    const classWeights = {
      false: all / 2 / (totals[0] as number),
      true: all / 2 / (totals[1] as number),
    };
    const table = inlineTable(columns, 3);
    const balanced = await new Learner({ ...options, classWeights: 'balanced' }).fit(table);
    const named = await new Learner({ ...options, classWeights }).fit(table);
    expect(balanced.coefficients[0]).toBeCloseTo(named.coefficients[0] as number, 9);
    expect(balanced.intercept).toBeCloseTo(named.intercept, 9);
    const even = await new Learner(options).fit(table);
    expect(Math.abs(balanced.intercept)).toBeLessThan(Math.abs(even.intercept));
  });

  it('are refused for a class that is not there', async () => {
    const learner = new Learner({ ...options, classWeights: { maybe: 2 } });
    expect(await codeOf(() => learner.fit(inlineTable(columns)))).toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining('got one of maybe'),
    });
  });
});
