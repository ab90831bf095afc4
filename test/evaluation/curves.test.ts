/** Curves, the confusion matrix and calibration errors: scikit-learn's points, the same for any partitioning. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import type { BinaryCurve } from '../../src/evaluation/binary-curves.ts';
import { BinaryClassificationEvaluator } from '../../src/evaluation/evaluators/binary-classification-evaluator.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import { scoreRuns } from '../../src/evaluation/parts/score-runs.ts';
import {
  bestThreshold,
  type ThresholdMeasure,
  thresholdMetricNames,
} from '../../src/evaluation/threshold-points.ts';
import '../../src/evaluation/worker-tasks.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { errorOf } from '../contract/error-of.ts';
import { contentOf } from '../tools/inline-table.ts';
import { randomNumbers } from '../tools/random-data.ts';

interface Fixture {
  readonly data: Readonly<Record<string, readonly number[]>>;
  readonly curves: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const { binary } = JSON.parse(
  readFileSync(new URL('./fixtures/metrics.json', import.meta.url), 'utf8'),
) as Readonly<Record<'binary', Fixture>>;
const values = (name: string) => Float64Array.from(binary.data[name] ?? []);
const tableOf = (numPartitions: number) =>
  tableFromColumns(
    new InlineRunner(),
    {
      label: Int32Array.from(values('label')),
      rawPrediction: values('score'),
      probability: values('probability'),
      prediction: Int32Array.from(values('prediction')),
      weight: values('weight'),
    },
    { numPartitions },
  );
const weighted = new BinaryClassificationEvaluator({ weightCol: 'weight' });
const every = { maxPoints: 1e9 };

async function curveOf(
  evaluator: BinaryClassificationEvaluator,
  kind: BinaryCurve,
  options = every,
) {
  return (await contentOf(await evaluator.curve(kind, tableOf(3), options))) as Record<
    string,
    number[]
  >;
}

function expectClose(
  actual: readonly number[] | undefined,
  expected: readonly number[] | undefined,
) {
  expect(actual?.length).toBe(expected?.length);
  actual?.forEach((value, i) => {
    expect(Math.abs(value - (expected?.[i] ?? Number.NaN))).toBeLessThan(1e-12);
  });
}

describe('a curve', () => {
  it('has the points of scikit-learn', async () => {
    const [fpr, tpr, thresholds] = binary.curves['roc'] ?? [];
    const roc = await curveOf(weighted, 'roc');
    expectClose(roc['falsePositiveRate'], fpr);
    expectClose(roc['truePositiveRate'], tpr);
    expectClose(roc['threshold']?.slice(1), thresholds);
    const pr = await curveOf(weighted, 'pr');
    const [recall, precision] = binary.curves['pr'] ?? [];
    // scikit-learn stops no earlier than where all positives are found
    expectClose(pr['recall']?.slice(1, 1 + (recall?.length ?? 0)), recall);
    expectClose(pr['precision']?.slice(1, 1 + (recall?.length ?? 0)), precision);
    expect([pr['recall']?.[0], pr['precision']?.[0]]).toEqual([0, pr['precision']?.[1]]);
    const calibration = await curveOf(new BinaryClassificationEvaluator(), 'calibration');
    const [mean, share] = binary.curves['calibration'] ?? [];
    expectClose(calibration['meanProbability'], mean);
    expectClose(calibration['positiveShare'], share);
  });

  it('of lift begins with the best rows and ends with all', async () => {
    const { share = [], gain = [], lift = [] } = await curveOf(weighted, 'lift');
    expect([share.at(-1), gain.at(-1), lift.at(-1)]).toEqual([1, 1, 1]);
    expect([share[0], gain[0]]).toEqual([0, 0]);
    share.slice(1).forEach((value, i) => {
      expect(lift[i + 1]).toBeCloseTo((gain[i + 1] as number) / value, 12);
    });
    expect(lift[1]).toBeGreaterThan(1.5);
  });

  it('of thresholds says what is right and wrong at each', async () => {
    const curve = await curveOf(weighted, 'thresholds');
    const data = ['label', 'probability', 'weight'].map((name) => [...values(name)]);
    const [label = [], probability = [], weight = []] = data;
    for (const row of [1, 5, 20, curve['threshold']!.length - 1]) {
      const threshold = curve['threshold']?.[row] as number;
      const weightOf = (isPositive: boolean, isAbove: boolean) =>
        weight.reduce((sum, w, i) => {
          const matches = (label[i] === 1) === isPositive;
          return matches && (probability[i] as number) >= threshold === isAbove ? sum + w : sum;
        }, 0);
      const [tp, fp] = [weightOf(true, true), weightOf(false, true)];
      const [fn, tn] = [weightOf(true, false), weightOf(false, false)];
      expect(curve['truePositives']?.[row]).toBeCloseTo(tp, 8);
      expect(curve['falsePositives']?.[row]).toBeCloseTo(fp, 8);
      expect(curve['falseNegatives']?.[row]).toBeCloseTo(fn, 8);
      expect(curve['trueNegatives']?.[row]).toBeCloseTo(tn, 8);
      expect(curve['f1']?.[row]).toBeCloseTo((2 * tp) / (2 * tp + fp + fn), 10);
      expect(curve['accuracy']?.[row]).toBeCloseTo((tp + tn) / (tp + fp + fn + tn), 10);
    }
  });

  it.each(['roc', 'pr', 'lift', 'thresholds', 'calibration'] as const)(
    'is the same bits for any partitions, and shorter when asked to be: %s',
    async (kind) => {
      const once = await contentOf(await weighted.curve(kind, tableOf(1)));
      expect(await contentOf(await weighted.curve(kind, tableOf(7)))).toEqual(once);
      const short = await weighted.curve(kind, tableOf(2), { maxPoints: 10 });
      expect(await short.count()).toBeLessThanOrEqual(13);
      const last = Object.values(await contentOf(short)).map((column) => column.at(-1));
      expect(last).toEqual(Object.values(once).map((column) => column.at(-1)));
    },
  );

  it('needs the columns that it is made of', async () => {
    const table = tableOf(1).drop('probability');
    expect((await errorOf(() => weighted.curve('calibration', table))).code).toBe(
      'COLUMN_NOT_FOUND',
    );
    expect(await (await weighted.curve('roc', table)).count()).toBeGreaterThan(2);
    const strange = await errorOf(() => weighted.curve('gain' as 'lift', tableOf(1)));
    expect(strange.message).toBe(
      'curve of BinaryClassificationEvaluator must be one of roc, pr, lift, thresholds, calibration; got "gain"',
    );
  });
});

describe('the confusion matrix', () => {
  it('is that of scikit-learn, for any partitions', async () => {
    const evaluator = new MulticlassClassificationEvaluator({ weightCol: 'weight' });
    const found = await evaluator.confusion(tableOf(3));
    expect(found.classes).toEqual([0, 1]);
    binary.curves['confusion']?.forEach((row, i) => expectClose(found.weights[i], row));
    expect(await evaluator.confusion(tableOf(7))).toEqual(found);
  });

  it('has texts and predictions that no label has', async () => {
    const table = tableFromColumns(
      new InlineRunner(),
      { label: ['b', 'a', 'b'], prediction: ['c', 'a', 'b'] },
      { numPartitions: 2 },
    );
    expect(await new MulticlassClassificationEvaluator().confusion(table)).toEqual({
      classes: ['a', 'b', 'c'],
      weights: [
        [1, 0, 0],
        [0, 1, 1],
        [0, 0, 0],
      ],
    });
  });
});

describe('calibration errors', () => {
  it('are 0 where shares are as said, and the gap where they are not', async () => {
    const probability = Float64Array.from({ length: 100 }, (_, row) => (row < 50 ? 0.3 : 0.75));
    const label = Int32Array.from({ length: 100 }, (_, row) => (row < 15 || row % 4 > 0 ? 1 : 0));
    label.fill(0, 15, 50);
    const table = tableFromColumns(new InlineRunner(), { probability, label });
    const metrics = await new BinaryClassificationEvaluator({ numBins: 5 }).evaluateAll(table);
    const share = label.slice(50).reduce((sum, value) => sum + value, 0) / 50;
    expect(metrics['maxCalibrationError']).toBeCloseTo(Math.abs(share - 0.75), 12);
    expect(metrics['calibrationError']).toBeCloseTo(Math.abs(share - 0.75) / 2, 12);
    const one = new BinaryClassificationEvaluator({ numBins: 1, metricName: 'calibrationError' });
    expect(one.isLargerBetter()).toBe(false);
    expect(await one.evaluate(table)).toBeCloseTo(Math.abs((15 + 50 * share) / 100 - 0.525), 12);
  });
});

describe('the best threshold', () => {
  const random = randomNumbers(8);
  const rows = Array.from({ length: 200 }, () => {
    const p = Math.round(random() * 50) / 50;
    return { p, isPositive: random() < p, weight: Math.ceil(random() * 4) / 2 };
  });
  const runsOf = (isPositive: boolean) => {
    const own = rows.filter((row) => row.isPositive === isPositive);
    return scoreRuns(
      Float64Array.from(own, ({ p }) => p),
      Float64Array.from(own, ({ weight }) => weight),
    );
  };
  const measure: ThresholdMeasure = {
    metricName: 'fMeasure',
    ...{ beta: 2, minRecall: 0.8, minPrecision: 0.7 },
    ...{ falsePositiveCost: 1, falseNegativeCost: 3 },
  };

  function brute(metricName: ThresholdMeasure['metricName'], threshold: number): number {
    const sum = (keep: (row: (typeof rows)[number]) => boolean) =>
      rows.reduce((total, row) => total + (keep(row) ? row.weight : 0), 0);
    const tp = sum((row) => row.isPositive && row.p > threshold);
    const fp = sum((row) => !row.isPositive && row.p > threshold);
    const fn = sum((row) => row.isPositive && row.p <= threshold);
    const tn = sum((row) => !row.isPositive && row.p <= threshold);
    const precision = tp + fp === 0 ? 0 : tp / (tp + fp);
    const recall = tp / (tp + fn);
    const answers = {
      fMeasure: tp === 0 ? 0 : (5 * precision * recall) / (4 * precision + recall),
      accuracy: (tp + tn) / (tp + fp + fn + tn),
      balancedAccuracy: (recall + tn / (tn + fp)) / 2,
      precision: recall >= 0.8 ? precision : -1,
      recall: precision >= 0.7 ? recall : -1,
      cost: -(fp + 3 * fn) / (tp + fp + fn + tn),
    };
    return answers[metricName];
  }

  it.each(thresholdMetricNames)('is the best of all by %s', (metricName) => {
    const found = bestThreshold(runsOf(true), runsOf(false), { ...measure, metricName });
    const all = Array.from({ length: 50 }, (_, i) => (i + 0.5) / 50);
    const best = Math.max(...all.map((threshold) => brute(metricName, threshold)));
    expect(brute(metricName, found?.threshold as number)).toBeCloseTo(best, 12);
    expect(Math.abs(found?.value as number)).toBeCloseTo(Math.abs(best), 12);
    // the highest of equal ones, in the middle between two probabilities
    const highest = Math.max(...all.filter((t) => brute(metricName, t) > best - 1e-12));
    expect(found?.threshold).toBeCloseTo(highest, 12);
  });

  it('is none where a least value is out of reach', () => {
    const noise = scoreRuns(Float64Array.of(0.2, 0.4), null);
    const hard = { ...measure, metricName: 'recall', minPrecision: 0.9 } as const;
    expect(bestThreshold(noise, noise, hard)).toBeNull();
  });
});
