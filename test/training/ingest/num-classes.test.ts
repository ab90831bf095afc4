import { describe, expect, it } from 'vitest';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { DecisionTreeClassifier } from '../../../src/ensemble/forest/decision-tree-classifier.ts';
import { LogisticRegression } from '../../../src/linear/logistic-regression.ts';
import { tableFromColumns } from '../../../src/table/create-table.ts';
import '../../../src/training/worker-programs.ts';

const tableOf = (numClasses: number, step: number) => {
  const rows = Array.from({ length: 2 * numClasses }, (_, row) => row % numClasses);
  return tableFromColumns(new InlineRunner(), {
    x: rows,
    'list price': rows.map((row) => row * step),
  });
};
const columns = { featuresCols: ['x'], labelCol: 'list price' };

describe('a label of many numbers', () => {
  it('is no label of a classifier where they have fractions, and what to do is said', async () => {
    const estimators = [
      new GBTClassifier({ ...columns, maxIter: 1 }),
      new DecisionTreeClassifier(columns),
      new LogisticRegression({ ...columns, maxIter: 1 }),
    ];
    for (const estimator of estimators) {
      const fit = estimator.fit(tableOf(257, 0.5));
      await expect(fit).rejects.toMatchObject({
        code: 'LABEL_INVALID',
        message: expect.stringMatching(
          /at most 256 .*; got 257; .* a regressor .*cast\(\{ "list price": 'string' \}\)/,
        ),
        context: { column: 'list price' },
      });
    }
  });

  it('is one where they are few, whole, or texts', async () => {
    const tree = new DecisionTreeClassifier({ ...columns, maxDepth: 1 });
    expect((await tree.fit(tableOf(256, 0.5))).numClasses).toBe(256);
    expect((await tree.fit(tableOf(257, 1))).numClasses).toBe(257);
    const texts = tableOf(257, 0.5).cast({ 'list price': 'string' });
    expect((await tree.fit(texts)).numClasses).toBe(257);
  });
});
