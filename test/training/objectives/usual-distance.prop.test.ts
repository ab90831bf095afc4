/** Where huber, pseudo-huber and fair loss turn unless the user says where. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeBytes } from '../../tools/fitted-bytes.ts';
import { featureNames, randomData } from '../../tools/random-data.ts';
import { columnNamed, type SampleData, withSampleColumn } from '../../tools/sample-data.ts';
import { fitSample } from '../fit-sample.ts';
import type { EstimatorCase } from '../random-estimators.ts';
import { expectSame, type Topology, tinyKnobs } from '../topologies.ts';

const recipe = {
  seed: 31,
  numRows: 700,
  kinds: ['float32', 'float64', 'words'],
  missing: 0.05,
} as const;
const data = randomData(recipe);
const names = featureNames(recipe);
const turning = [
  ['huber', 'huberDelta'],
  ['pseudoHuber', 'huberDelta'],
  ['fair', 'fairScale'],
] as const;

function robust(lossType: string, more: Record<string, unknown> = {}): EstimatorCase {
  const options = { featuresCols: names, labelCol: 'y', lossType, maxIter: 4, maxLeaves: 8 };
  return { name: 'GBTRegressor', options: { ...options, ...more } };
}

function withLabels(of: (label: number) => number): SampleData {
  const cells = labelsOf(data).map(of);
  return withSampleColumn(data, { ...columnNamed(data, 'y'), cells });
}

const labelsOf = (found: SampleData): number[] => columnNamed(found, 'y').cells.map(Number);

/** The least value that at least such a share of the others does not pass. */
function lowerQuantile(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(level * sorted.length)) - 1] as number;
}

describe.each(turning)('%s without %s', (lossType, param) => {
  it('turns at the median of the distances from the median, and says so', async () => {
    const labels = labelsOf(data);
    const median = lowerQuantile(labels, 0.5);
    const distances = labels.map((label) => Math.abs(label - median));
    const model = await fitSample(robust(lossType), data);
    const turn = lowerQuantile(distances, 0.5);
    expect(model.summary.chosen).toEqual({ [param]: turn });
    const given = await fitSample(robust(lossType, { [param]: turn }), data);
    expect(given.summary.chosen).toBeNull();
    expect(treeBytes(given)).toEqual(treeBytes(model));
  });

  it('learns labels in another unit alike, to the last bit where it is a power of two', async () => {
    const model = await fitSample(robust(lossType), data);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -30, max: 60 }), async (power) => {
        const unit = 2 ** power;
        const scaled = await fitSample(
          robust(lossType),
          withLabels((label) => label * unit),
        );
        expect([...scaled.trees.value]).toEqual([...model.trees.value].map((v) => v * unit));
        expect(scaled.trees.threshold).toEqual(model.trees.threshold);
      }),
      { numRuns: 6 },
    );
  });

  it('looks at the labels that are not their median where most are', async () => {
    const rare = withLabels((label) => (label > lowerQuantile(labelsOf(data), 0.95) ? label : 0));
    const others = labelsOf(rare).filter((label) => label !== 0);
    const model = await fitSample(robust(lossType), rare);
    expect(model.summary.chosen).toEqual({
      [param]: lowerQuantile(others.map(Math.abs), 0.5),
    });
    const same = await fitSample(
      robust(lossType),
      withLabels(() => 3),
    );
    expect(same.summary.chosen).toEqual({ [param]: 1 });
  });

  it('goes on with the turn of its initial model, whatever the rows', async () => {
    const begun = await fitSample(robust(lossType, { maxIter: 2 }), data);
    const turn = begun.summary.chosen?.[param] as number;
    const whole = await fitSample(robust(lossType), data);
    const on = (rows: SampleData, more: Record<string, unknown> = {}) =>
      fitSample(robust(lossType, { maxIter: 2, ...more }), rows, { initialModel: begun });
    expect(treeBytes(await on(data))).toEqual(treeBytes(whole));
    const wider = withLabels((label) => 8 * label);
    const found = await on(wider);
    expect(found.summary.chosen).toEqual({ [param]: turn });
    const given = await fitSample(robust(lossType, { maxIter: 2, [param]: turn }), data);
    const known = await fitSample(robust(lossType, { maxIter: 2, [param]: turn }), wider, {
      initialModel: given,
    });
    expect(treeBytes(found)).toEqual(treeBytes(known));
  });

  it('gives one model on any topology, with weights, offsets and rows held out', async () => {
    const layouts: Topology[] = [
      { threads: 3, partitions: 'one empty', ...tinyKnobs },
      { threads: 5, partitions: 7, kernels: 'reference' },
    ];
    const more = { maxIter: 2, weightCol: 'w', offsetCol: 'o', holdOutFolds: 4, numModels: 2 };
    await expectSame(robust(lossType, more), { ...recipe, numRows: 1500 }, layouts);
  }, 60_000);
});
