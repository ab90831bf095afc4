/** Folds inside folds, all of one seed and one column of ids: no inner fold is what the outer fold left out. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { MulticlassClassificationEvaluator } from '../../src/evaluation/evaluators/multiclass-classification-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { TargetEncoder } from '../../src/feature/categories/target-encoder.ts';
import type { Estimator, FitOptions } from '../../src/pipeline/estimator.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { BaggingClassifier } from '../../src/stacking/bagging/bagging-classifier.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import { VotingClassifier } from '../../src/stacking/voting/voting-classifier.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { CalibratedClassifier } from '../../src/tuning/calibration/calibrated-classifier.ts';
import { CrossValidator } from '../../src/tuning/search/cross-validator.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';

const numRows = 900;
const rows = Array.from({ length: numRows }, (_, row) => row);
const table = inlineTable(
  {
    id: Int32Array.from(rows, (row) => 11 * row + 5),
    x: rows.map((row) => Math.sin(row * row)),
    word: rows.map(() => 'same'),
    label: rows.map((row) => Math.sin(row * row) + Math.cos(row) > 0),
  },
  2,
);
const columns = { featuresCols: ['x'], labelCol: 'label' } as const;
const folds = { idCol: 'id', numFolds: 3 } as const;

/** How many rows each fit had. */
let sizes: number[] = [];
/** How many different codes a TargetEncoder before it gave: one a fold that has rows. */
let codes: number[] = [];

class WatchedTree extends DecisionTreeClassifier {
  override async fit(given: PartitionedTable, options: FitOptions = {}) {
    sizes.push(await given.count());
    if (given.columns.includes('code')) codes.push(new Set((await contentOf(given))['code']).size);
    return await super.fit(given, options);
  }
}

beforeEach(() => {
  sizes = [];
  codes = [];
});

const tree = new WatchedTree({ ...columns, maxDepth: 2 });
const calibrated = new CalibratedClassifier({ estimator: tree, labelCol: 'label', ...folds });
const stacked = (estimator: Estimator): StackingClassifier =>
  new StackingClassifier({
    estimators: [estimator],
    labelCol: 'label',
    finalEstimator: new DecisionTreeClassifier({ maxDepth: 1 }),
    ...folds,
  });

const cases: Readonly<Record<string, Estimator>> = {
  'a calibrated model in a stack': stacked(calibrated),
  'a stack in a stack': stacked(stacked(tree)),
  'a calibrated model that is bagged in a stack': stacked(
    new BaggingClassifier({ estimator: calibrated, numEstimators: 1, bootstrap: false }),
  ),
  'a calibrated model in a vote of learned weights': new VotingClassifier({
    estimators: [calibrated],
    weighting: 'learned',
    labelCol: 'label',
    ...folds,
  }),
  'a stack in a search': new CrossValidator({
    estimator: stacked(tree),
    estimatorParamMaps: [{}],
    evaluator: new MulticlassClassificationEvaluator({ labelCol: 'label' }),
    ...folds,
  }),
};

describe('folds of one seed and one column of ids', () => {
  it.each(Object.keys(cases))('are drawn anew in %s', async (name) => {
    await (cases[name] as Estimator).fit(table);
    // four fits of what is inside: three folds and all rows, each with three folds and all of its rows
    expect(sizes.length).toBe(16);
    const inner = sizes.filter((size) => size < 0.55 * numRows);
    expect(inner.length).toBe(9);
    for (const size of inner) expect(Math.abs(size / numRows - 4 / 9)).toBeLessThan(0.06);
  });

  it('are drawn anew in a TargetEncoder', async () => {
    const encoder = new TargetEncoder({ inputCol: 'word', outputCol: 'code', ...folds });
    await stacked(new Pipeline({ stages: [encoder, tree] })).fit(table);
    // one word, so one code a fold
    expect(codes).toEqual([3, 3, 3, 3]);
  });
});
