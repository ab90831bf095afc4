/** What the simulator makes of recorded rounds, worked out by hand, and of more executors than were rehearsed. */
import { describe, expect, it } from 'vitest';
import { gangRunnerOf } from '../../../src/cluster/gang-runner.ts';
import { type GangRecording, recordingOf } from '../../../src/cluster/simulation/recording.ts';
import {
  type SimulatedCluster,
  simulateGang,
} from '../../../src/cluster/simulation/simulate-gang.ts';
import { stretchRecording } from '../../../src/cluster/simulation/stretch-recording.ts';
import '../../../src/cluster/simulation/virtual-gang.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { latenessMs } from '../../../src/cluster/tcp/waiting.ts';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import { KMeans } from '../../../src/linear/k-means.ts';
import { explainFit } from '../../../src/session/explain-fit.ts';
import type { ExplainedScale } from '../../../src/session/fit-explanation.ts';
import { tableFromColumns } from '../../../src/table/create-table.ts';
import '../../../src/training/worker-programs.ts';
import { errorOf } from '../run-program.ts';

const quick: SimulatedCluster = {
  latencyMs: 0,
  bytesPerMs: Number.POSITIVE_INFINITY,
  executorsPerHost: 1,
  coresPerHost: 1,
  takeoverMs: Number.POSITIVE_INFINITY,
  latenessMs: () => 0,
  stragglers: [],
  costs: null,
};

/** Two rounds of three processes: 4, 2 and 3 ms of computing, then 1 each; 1000 bytes to each other. */
const recording: GangRecording = recordingOf(
  [4, 2, 3].map((ms, process) =>
    [ms, 1].map((computeMs, i) => ({
      kind: 'barrier' as const,
      meeting: i + 1,
      computeMs,
      beganAt: 0,
      sentAt: 0,
      sent: [0, 1, 2].map((to) => (to === process ? 0 : 1000)),
    })),
  ),
);

describe('a simulated gang', () => {
  it.each([
    { what: 'is as slow as its slowest rank', cluster: {}, ms: 4 + 1 },
    { what: 'waits once a round for a frame', cluster: { latencyMs: 10 }, ms: 4 + 10 + 1 + 10 },
    // two frames of 1000 bytes follow each other
    { what: 'sends and receives at a rate', cluster: { bytesPerMs: 500 }, ms: 4 + 4 + 1 + 4 },
    {
      what: 'waits for a straggler',
      cluster: { stragglers: [{ executor: 1, factor: 5 }] },
      ms: 10 + 5,
    },
    { what: 'takes turns on one core', cluster: { executorsPerHost: 3 }, ms: 9 + 3 },
    {
      // 4 and 3 ms of work on one core, 2 on the other, which is idle then; later two of 1 ms on one
      what: 'stays where it began',
      cluster: { executorsPerHost: 3, coresPerHost: 2 },
      ms: 7 + 2,
    },
    {
      // after 3 ms of sharing 2.5 and 1.5 are left, and the core that was idle for 1 ms takes one of them
      what: 'moves to a core that has long been idle',
      cluster: { executorsPerHost: 3, coresPerHost: 2, takeoverMs: 1 },
      ms: 5.5 + 2,
    },
    {
      // who computed 4 ms waits for 8 ms, the others longer; no nap is longer than 1 ms
      what: 'is late where it naps while it waits',
      cluster: { latencyMs: 8, latenessMs },
      ms: 4 + 8 + 0.5 + 1 + 8 + 0.5,
    },
    {
      what: 'pays for frames',
      cluster: { costs: { roundMs: 0.5, frameMs: 0.25, mebibyteMs: 0 } },
      ms: 4 + 1 + 0.5 + 4 * 0.25,
    },
  ])('$what', ({ cluster, ms }) => {
    expect(simulateGang(recording, { ...quick, ...cluster }).ms).toBeCloseTo(ms, 9);
  });
});

describe('an explanation', () => {
  const numRows = 4000;
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const column = (f: number): Float32Array =>
    Float32Array.from({ length: numRows }, (_, i) => Math.sin(i * (f + 1)));
  const columns = {
    ...Object.fromEntries(names.map((name, f) => [name, column(f)])),
    label: column(0).map((x, i) => x * Math.cos(i)),
  };
  const inline = gangRunnerOf(new InlineRunner());
  const table = tableFromColumns(inline, columns);
  const estimator = new GBTRegressor({ featuresCols: names, maxDepth: 4, maxIter: 2 });

  it('of more executors stays close to their own bytes', async () => {
    const told = await explainFit(inline, estimator, table, { executors: [4, 8, 16], trees: 2 });
    const [small, large, own] = told.scales.map((scale) => scale.recording) as GangRecording[];
    const stretched = stretchRecording(small as GangRecording, large as GangRecording, {
      numProcesses: 16,
      numFeatures: names.length,
    });
    const bytes = (of: GangRecording): number =>
      of.rounds.reduce((sum, { sent }) => sum + sent.reduce((a, b) => a + b, 0), 0);
    const ratio = bytes(stretched) / bytes(own as GangRecording);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
    expect(stretched.rounds.map(({ kind }) => kind)).toEqual(own?.rounds.map(({ kind }) => kind));
    expect(String(told)).toMatch(/^executors {2}meetings\s+bytes {2}seconds {3}\(a tree\)\n\s+4 /);
    // stragglers, and what failures cost
    const calm = told.simulate(8, { latencyMs: 3, trees: 100 });
    expect(
      told.simulate(8, { latencyMs: 3, stragglers: [{ executor: 2, factor: 50 }] }).seconds,
    ).toBeGreaterThan(calm.seconds);
    const failed = told.simulate(8, {
      latencyMs: 3,
      failuresAfter: [37, 80],
      checkpointInterval: 10,
      recoverySeconds: 4,
    });
    expect(failed.lostSeconds).toBeCloseTo(8 + 7 * calm.secondsPerTree, 9);
    expect(() => told.simulate(5)).toThrow(/one of those explained \(4, 8, 16\); got 5/);
  });

  it('meets rarely leaf by leaf: leaves that will follow are split ahead, and few in vain', async () => {
    const grown = new GBTRegressor({ featuresCols: names, maxLeaves: 64, maxIter: 4 });
    const told = await explainFit(inline, grown, table, { executors: [2], trees: 4 });
    const { meetings, recording, numTrees } = told.scales[0] as ExplainedScale;
    expect(meetings).toBeLessThan(24);
    const candidates = recording.rounds
      .filter(({ kind }) => kind === 'allgather')
      .reduce((sum, { sent }) => sum + ((sent[1] as number) - 20) / 72, 0);
    expect(candidates / numTrees).toBeLessThan(2 * 63 * 1.15);
  });

  it('is refused where nothing grows trees', async () => {
    const refused = explainFit(inline, new KMeans({ featuresCols: names, k: 2 }), table, {});
    expect(await errorOf(refused)).toMatchObject({ code: 'UNSUPPORTED' });
    const none = explainFit(inline, estimator, table, { executors: [0] });
    expect(await errorOf(none)).toMatchObject({ code: 'PARAM_INVALID' });
  });
});
