/** What session.explain says of meetings and bytes is what real processes do, frame by frame. */
import { afterAll, describe, expect, it } from 'vitest';
import { mix32 } from '../../../src/base/rng.ts';
import { gangRunnerOf } from '../../../src/cluster/gang-runner.ts';
import {
  type GangRecording,
  meetingsBetween,
  trafficOf,
} from '../../../src/cluster/simulation/recording.ts';
import '../../../src/cluster/simulation/virtual-gang.ts';
import '../../../src/training/worker-programs.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { GBTClassifier } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { RandomForestClassifier } from '../../../src/ensemble/forest/random-forest-classifier.ts';
import { type Explainable, explainFit } from '../../../src/session/explain-fit.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { tableFromColumns } from '../../../src/table/create-table.ts';
import { KnobRunner } from '../../tools/knob-runner.ts';

const recordings: GangRecording[] = [];
const processes = new TcpGangRunner({
  numProcesses: 5,
  threadsPerProcess: 1,
  workerUrl: workerUrl(),
  onRecording: (recording) => recordings.push(recording),
});
afterAll(() => processes.close());

const numRows = 3000;
const featuresCols = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const columns = {
  ...Object.fromEntries(
    featuresCols.map((name, f) => [
      name,
      Float32Array.from({ length: numRows }, (_, i) => Math.sin(i * (f + 1)) * 10 ** (f % 3)),
    ]),
  ),
  kind: Array.from({ length: numRows }, (_, i) => ['x', 'y', 'z'][(i * i) % 3] as string),
  label: Float64Array.from({ length: numRows }, (_, i) => Math.sin(i) + Math.cos(3 * i)),
};
const shared = { featuresCols, seed: 5 };

/** A forest whose trees all ranks share, as where the rows do not fit one process. */
const meeting = new RandomForestClassifier({
  ...shared,
  labelCol: 'kind',
  numTrees: 2,
  maxDepth: 9,
});
const sharedForest: Explainable = {
  className: meeting.className,
  fit: (table) =>
    meeting.fit(table.withRunner(new KnobRunner(table.runner, { sharesTrees: true }))),
};

const estimators: Readonly<Record<string, Explainable>> = {
  'leaf by leaf': new GBTRegressor({ ...shared, maxIter: 3, maxLeaves: 20 }),
  'level by level': new GBTRegressor({ ...shared, maxIter: 3, maxDepth: 5 }),
  'of three classes': new GBTClassifier({ ...shared, labelCol: 'kind', maxIter: 2, maxDepth: 3 }),
  'a forest': new RandomForestClassifier({
    ...shared,
    ...{ labelCol: 'kind', numTrees: 12, maxDepth: 4 },
  }),
  'a forest of shared trees': sharedForest,
};

describe.each(Object.entries(estimators))('an explained fit, %s', (name, estimator) => {
  it('has the rounds and the bytes of real processes', async () => {
    const inline = gangRunnerOf(new InlineRunner());
    const told = await explainFit(inline, estimator, tableFromColumns(inline, columns), {
      executors: name.startsWith('a forest') ? [3] : [2, 3, 5],
      trees: name === 'a forest' ? 12 : 3,
    });
    for (const scale of told.scales) {
      const runner = new KnobRunner(processes, { width: scale.executors });
      await estimator.fit(tableFromColumns(runner, columns));
      const meetings = runner.reports[0]?.phaseMeetings ?? {};
      const real = meetingsBetween(recordings.at(-1) as GangRecording, [
        meetings['ingest'] as number,
        meetings['grow'] as number,
      ]);
      const rounds = ({ rounds }: GangRecording) =>
        rounds.map(({ kind, meeting, sent }) => ({ kind, meeting, sent: [...sent] }));
      expect(rounds(scale.recording)).toEqual(rounds(real));
      expectOrderedSpans(real);
      expect(scale.meetings * scale.numTrees).toBeCloseTo(trafficOf(real).meetings, 6);
      expect(scale.bytes * scale.numTrees).toBeCloseTo(trafficOf(real).bytes, 3);
      expect(scale.meetings).toBeGreaterThan(name === 'a forest' ? 0.2 : 1);
    }
  });
});

it('has ranks meet before histograms are built where others may still read the last ones', async () => {
  const inline = gangRunnerOf(new InlineRunner());
  const wide = Object.fromEntries(
    Array.from({ length: 120 }, (_, f) => [
      `x${f}`,
      Float32Array.from({ length: numRows }, (_, i) => uniformAt(f, i)),
    ]),
  );
  // eight halves, one below the other
  const label = Float64Array.from({ length: numRows }, (_, i) =>
    Array.from({ length: 8 }, (_, f) => (uniformAt(f, i) < 0.5 ? 0 : 9 - f)).reduce(sum),
  );
  const estimator = new GBTRegressor({
    ...{ featuresCols: Object.keys(wide), growPolicy: 'oblivious', maxDepth: 8, maxIter: 1 },
    minInstancesPerNode: 1,
  });
  const table = tableFromColumns(inline, { ...wide, label });
  const told = await explainFit(inline, estimator, table, { executors: [2], trees: 1 });
  const kinds = told.scales[0]?.recording.rounds.map(({ kind }) => kind) ?? [];
  // a level asks once, but the last ones take several batches
  expect(kinds.filter((kind) => kind === 'scatter').length).toBeGreaterThan(8);
  expect(kinds.join(' ')).not.toContain('scatter scatter');
});

function uniformAt(feature: number, row: number): number {
  return mix32(mix32(feature + 1) ^ row) / 2 ** 32;
}

function sum(a: number, b: number): number {
  return a + b;
}

/** Each process goes on after it has sent, and sends after it could go on. */
function expectOrderedSpans({ numProcesses, rounds }: GangRecording): void {
  const sentAt = new Float64Array(numProcesses);
  for (const { span } of rounds) {
    for (const [i, beganAt] of (span?.beganAt ?? []).entries()) {
      expect(beganAt).toBeGreaterThanOrEqual(sentAt[i] as number);
      sentAt[i] = span?.sentAt[i] as number;
      expect(sentAt[i]).toBeGreaterThanOrEqual(beganAt);
    }
  }
  expect(Math.min(...sentAt)).toBeGreaterThan(0);
}
