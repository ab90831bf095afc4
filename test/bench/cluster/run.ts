/**
 * What does it cost that ranks are in several processes? `npm run bench:cluster` prints times per tree against
 * threads of one process, with TLS and with a slower link, and how long an allreduce takes.
 *
 *   --only level,leaf,allreduce,costs,calibrate,predict,scaling   --repeats n   --trees n   --rows n   --gangs threads,plain,relayed,tls,slow
 *   relayed: the processes' main threads meet for their ranks, as they do under TLS
 *   costs: what meetings cost the processors, and what the simulator says of it
 *   calibrate: how long processes compute that share cores, and what the simulator says of it
 *   predict: what session.explain and a replay of recorded rounds say of slower links, against what they take
 *   scaling: explains up to 1,024 executors; prints the table of docs/scaling.md and draws its plot
 *   --growth level|leaf   --executors 2,3,5   --delays 1,5   --out folder: keeps what was recorded, and is made
 */
import { parseArgs } from 'node:util';
import { LinkProxy } from '../../tools/link-proxy.ts';
import { printAllreduce } from './allreduce.ts';
import { printCalibration, printCosts } from './calibration.ts';
import { printPredictions } from './predictions.ts';
import { writeScaling } from './scaling.ts';
import {
  type Contestant,
  growths,
  medianOf,
  processesOf,
  type TimedFit,
  threadsOf,
  timeFit,
} from './timed-fits.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'level,leaf,allreduce' },
    gangs: { type: 'string', default: 'threads,plain,tls,slow' },
    repeats: { type: 'string', default: '3' },
    trees: { type: 'string', default: '10' },
    rows: { type: 'string' },
    growth: { type: 'string' },
    executors: { type: 'string', default: '2,3,5' },
    delays: { type: 'string', default: '1,5' },
    out: { type: 'string' },
  },
});
const only = values.only.split(',');
const rows = values.rows === undefined ? undefined : Number(values.rows);
const predictions = {
  executors: values.executors.split(',').map(Number),
  delays: values.delays.split(',').map(Number),
  out: values.out,
  repeats: Number(values.repeats),
};
const slow = new LinkProxy({ delayMs: 1 });
const gangs: Readonly<Record<string, () => Contestant>> = {
  threads: () => threadsOf(2),
  plain: () => processesOf('2 processes × 1 thread', 2),
  relayed: () => processesOf('the same, by main threads', 2, { usesLanes: false }),
  tls: () => processesOf('the same, TLS', 2, { tls: { kind: 'psk' } }),
  slow: () => processesOf('the same, 1 ms more each way', 2, { route: slow.route }),
};
const timesFits = Object.keys(growths).some((growth) => only.includes(growth));
const contestants = timesFits
  ? values.gangs.split(',').map((name) => (gangs[name] as () => Contestant)())
  : [];

for (const growth of Object.keys(growths) as (keyof typeof growths)[]) {
  if (!only.includes(growth)) continue;
  const fits = new Map<string, TimedFit[]>();
  for (let i = 0; i < Number(values.repeats); i++) {
    for (const contestant of contestants) {
      const fit = await timeFit(contestant, growth, { numTrees: Number(values.trees), rows });
      fits.set(contestant.name, [...(fits.get(contestant.name) ?? []), fit]);
    }
  }
  const first = medianOf((fits.values().next().value ?? []).map((fit) => fit.msPerTree));
  for (const [name, all] of fits) {
    const ms = medianOf(all.map((fit) => fit.msPerTree));
    const meetings = medianOf(all.map((fit) => fit.meetingsPerTree));
    const wait = medianOf(all.map((fit) => fit.waitMsPerTree));
    console.log(
      `${growth}  ${name.padEnd(30)} ${ms.toFixed(1)} ms a tree  × ${(ms / first).toFixed(2)}  ${meetings.toFixed(0)} meetings, ${wait.toFixed(1)} ms waited  (${all.map((fit) => fit.msPerTree.toFixed(0)).join(' ')})`,
    );
  }
}
await Promise.all(contestants.map(({ runner }) => runner.close()));
await slow.close();

if (only.includes('allreduce')) await printAllreduce();
if (only.includes('scaling')) await writeScaling({ numTrees: Number(values.trees), rows });
if (only.includes('costs')) await printCosts(predictions.executors);
if (only.includes('calibrate')) await printCalibration(predictions.executors);
if (only.includes('predict')) {
  for (const growth of Object.keys(growths) as (keyof typeof growths)[]) {
    if (growth === values.growth || values.growth === undefined) {
      await printPredictions(growth, { numTrees: Number(values.trees), rows, ...predictions });
    }
  }
}
