/** Are our calibration curves those of scikit-learn, and do they make the same probabilities? */
import { readFileSync } from 'node:fs';
import { Field, Schema, Table } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { makeBatch } from '../../src/table/columns/column-data.ts';
import {
  fixedSizeListColumn,
  float64Column,
  int32Column,
} from '../../src/table/columns/make-column.ts';
import { tableFromArrow } from '../../src/table/create-table.ts';
import { calibrate } from '../../src/tuning/calibration/calibration-curve.ts';
import { ProbabilityCalibrator } from '../../src/tuning/calibration/probability-calibrator.ts';
import '../../src/tuning/worker-tasks.ts';
import { inlineTable, valuesOf } from '../tools/inline-table.ts';

interface SavedCurve {
  readonly slope?: number;
  readonly intercept?: number;
  readonly scores?: readonly number[];
  readonly thresholds?: readonly number[];
  readonly values: readonly number[];
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/calibration.json', import.meta.url), 'utf8'),
) as {
  readonly scores: readonly number[];
  readonly label: readonly number[];
  readonly weight: readonly number[];
  readonly asked: readonly number[];
  readonly vectors: readonly number[];
  readonly classes: readonly number[];
  readonly curves: Readonly<Record<string, SavedCurve>>;
  readonly models: Readonly<Record<string, readonly number[]>>;
};

const binary = inlineTable(
  { rawPrediction: [...fixture.scores], label: [...fixture.label], w: [...fixture.weight] },
  3,
);

function vectorTable() {
  const columns = {
    rawPrediction: fixedSizeListColumn(Float64Array.from(fixture.vectors), 3),
    label: int32Column(Int32Array.from(fixture.classes)),
    w: float64Column(Float64Array.from(fixture.weight)),
  };
  const fields = Object.entries(columns).map(
    ([name, { type }]) => new Field(name, type, true, new Map([['classes', '[0,1,2]']])),
  );
  const data = Object.values(columns).map((column) => column.data[0]!);
  const batch = makeBatch(new Schema(fields), data, fixture.classes.length);
  return tableFromArrow(new InlineRunner(), new Table([batch]), { numPartitions: 2 });
}

describe('a curve', () => {
  it.each(Object.entries(fixture.curves))('is that of scikit-learn: %s', async (name, found) => {
    const weighted = name.endsWith('weighted') ? { weightCol: 'w' } : {};
    const method = name.startsWith('sigmoid') ? 'sigmoid' : 'isotonic';
    const model = await new ProbabilityCalibrator({ method, ...weighted }).fit(binary);
    const [curve] = model.curves;
    if (curve?.kind === 'sigmoid') {
      // theirs stops at a tolerance of its own
      expect(curve.slope).toBeCloseTo(found.slope as number, 5);
      expect(curve.intercept).toBeCloseTo(found.intercept as number, 5);
    } else {
      expect([...(curve?.scores ?? [])]).toEqual(found.scores);
      found.thresholds?.forEach((value, i) => {
        expect(curve?.values[i]).toBeCloseTo(value, 14);
      });
    }
    fixture.asked.forEach((score, i) => {
      const near = method === 'sigmoid' ? 5 : 14;
      expect(calibrate(curve!, score)).toBeCloseTo(found.values[i] as number, near);
    });
  });
});

describe('probabilities', () => {
  it.each([
    ['binary-sigmoid', 'sigmoid', false],
    ['binary-isotonic', 'isotonic', true],
    ['classes-sigmoid', 'sigmoid', true],
    ['classes-isotonic', 'isotonic', false],
  ] as const)('are those of CalibratedClassifierCV: %s', async (name, method, isWeighted) => {
    const table = name.startsWith('binary') ? binary : vectorTable();
    const options = { method, ...(isWeighted ? { weightCol: 'w' } : {}) };
    const model = await new ProbabilityCalibrator(options).fit(table);
    const rows = await valuesOf(await model.transform(table), 'calibratedProbability');
    const found = rows.flatMap((row) => [...(row as Iterable<number>)]);
    const expected = fixture.models[name] as readonly number[];
    expect(found.length).toBe(expected.length);
    expected.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, method === 'sigmoid' ? 5 : 13);
    });
  });
});
