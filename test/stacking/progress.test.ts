/** Whatever is fitted says how far it is, and of what. */
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/base/progress.ts';
import { GBTClassifier } from '../../src/ensemble/boosting/gbt-classifier.ts';
import { DecisionTreeClassifier } from '../../src/ensemble/forest/decision-tree-classifier.ts';
import { RandomForestClassifier } from '../../src/ensemble/forest/random-forest-classifier.ts';
import { KMeans } from '../../src/linear/k-means.ts';
import { LogisticRegression } from '../../src/linear/logistic-regression.ts';
import type { Estimator } from '../../src/pipeline/estimator.ts';
import { AdaBoostClassifier } from '../../src/stacking/ada-boost/ada-boost-classifier.ts';
import { StackingClassifier } from '../../src/stacking/stack/stacking-classifier.ts';
import '../../src/evaluation/worker-tasks.ts';
import '../../src/tuning/worker-tasks.ts';
import { inlineTable } from '../tools/inline-table.ts';

const rows = Array.from({ length: 200 }, (_, row) => row);
const table = inlineTable({
  x: rows.map((row) => (row * 37) % 50),
  z: rows.map((row) => Math.sin(row)),
  label: rows.map((row) => (row * 37) % 50 > 20 !== (row % 9 === 0)),
});
const columns = { featuresCols: ['x', 'z'] };
const tree = new DecisionTreeClassifier({ ...columns, maxDepth: 2 });

const cases: Readonly<Record<string, readonly [Estimator, what: string]>> = {
  GBTClassifier: [new GBTClassifier({ ...columns, maxIter: 3 }), 'rounds'],
  'GBTClassifier of several models': [new GBTClassifier(columns), 'rounds, model 1 of 4'],
  RandomForestClassifier: [new RandomForestClassifier({ ...columns, numTrees: 3 }), 'trees'],
  LogisticRegression: [new LogisticRegression(columns), 'steps'],
  KMeans: [new KMeans(columns), 'steps'],
  AdaBoostClassifier: [new AdaBoostClassifier({ estimator: tree, maxIter: 3 }), 'rounds'],
  StackingClassifier: [
    new StackingClassifier({ estimators: [tree], numFolds: 2 }),
    'fits of StackingClassifier',
  ],
};

describe.each(Object.entries(cases))('%s', (_, [estimator, what]) => {
  it('counts what it names, and never more than there are', async () => {
    const heard: Progress[] = [];
    await estimator.fit(table, { onProgress: (progress) => heard.push(progress) });
    for (const { done, total, message } of heard) {
      expect(message).toBeTruthy();
      expect(done).toBeLessThanOrEqual(total);
    }
    expect(heard.filter(({ phase }) => phase === 'train').map(({ message }) => message)).toContain(
      what,
    );
  });
});
