/** Instants in a row that is scored alone: a Date or milliseconds, whatever the column of the fit counted in. */
import {
  type DataType,
  DateDay,
  DateMillisecond,
  Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import { LinearRegression } from '../../src/linear/linear-regression.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import '../../src/training/worker-programs.ts';
import { runModule } from '../ensemble/module/run-module.ts';
import { valuesOf } from '../tools/inline-table.ts';

const day = 86_400_000;
const dates = Array.from({ length: 60 }, (_, i) => new Date((10_000 + 37 * i) * day));
const label = vectorFromArray(Float64Array.from(dates, (_, i) => (i % 20) ** 2));
const types: Readonly<Record<string, DataType>> = {
  date: new DateDay(),
  date_ms: new DateMillisecond(),
  s: new TimestampSecond(),
  'ms in UTC': new TimestampMillisecond('UTC'),
  us: new TimestampMicrosecond(),
  ns: new TimestampNanosecond(),
};
const featuresCols = ['when'];
const trees = new GBTRegressor({ featuresCols, maxIter: 20, minInstancesPerNode: 2 });
const estimators = {
  trees,
  'a pipeline': new Pipeline({ stages: [trees] }),
  'a linear model': new LinearRegression({ featuresCols }),
};

describe.each(Object.entries(types))('a column of %s', (_, type) => {
  const when = vectorFromArray(dates, type);
  const table = tableFromArrow(new InlineRunner(), new Table({ when, label }));

  it.each(Object.entries(estimators))(
    'is scored by rows with %s as by transform',
    async (__, own) => {
      const model = await own.fit(table);
      const wanted = await valuesOf(await model.transform(table), 'prediction');
      expect(new Set(wanted).size).toBeGreaterThan(10);
      const score = await model.scorer();
      expect(dates.map((at) => score({ when: at }).prediction)).toEqual(wanted);
      expect(dates.map((at) => score({ when: at.getTime() }).prediction)).toEqual(wanted);
      expect(() => score({ when: '2020-01-01' })).toThrow(
        /column when of a row given to a scorer must be a Date, milliseconds since 1970 or null \(new Date\(text\) reads a text\); got "2020-01-01"/,
      );
      const { predict } = runModule(await model.toModule());
      expect(() => predict({ when: '2020-01-01' })).toThrow(
        /column when of a row must be a Date, milliseconds since 1970 or null; got "2020-01-01"/,
      );
    },
  );

  it('is missing where there is no instant', async () => {
    const answers = await Promise.all(
      [trees, estimators['a pipeline']].map(async (own) => {
        const score = await (await own.fit(table)).scorer();
        return [null, Number.NaN, new Date(Number.NaN)].map((at) => score({ when: at }).prediction);
      }),
    );
    expect(new Set(answers.flat()).size).toBe(1);
  });
});
