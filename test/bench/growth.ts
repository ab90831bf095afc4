/**
 * `npm run bench:growth -- [--only rows,features,…] [--threads 2] [--repeats 3] [--fresh] [--write]`
 *
 * How do time and memory grow with rows, features, trees, leaves, classes and bins? One of them departs from a base at
 * a time; each fit runs in a process of its own, from Parquet files to the model, and the median of the repeats counts.
 * What was measured is kept, so that the axes can be measured one by one. `--write` puts table and plot into
 * docs/performance.md and docs/growth.svg.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository, resultsFolder } from './bench-home.ts';
import { axes, base, type GrowthAxis, pointName, sizesOf } from './growth/growth-points.ts';
import { makeTable } from './growth/made-table.ts';
import { plotPanels } from './growth/plot-panels.ts';
import { type FitTook, runFit } from './growth/run-fit.ts';
import { machineText, revisionText } from './machine.ts';
import { replaceBetween } from './written-part.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    threads: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '3' },
    fresh: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

interface Results {
  readonly about: string;
  readonly points: Record<string, FitTook>;
}

const path = join(resultsFolder, 'growth.json');
const known = Object.keys(axes) as GrowthAxis[];
const wanted = values.only?.split(',') ?? known;
for (const axis of wanted) {
  if (!known.includes(axis as GrowthAxis))
    throw new Error(`--only must be some of ${known.join(', ')}; got ${axis}`);
}
const about = `${values.threads} threads, ${machineText()}, Node ${process.versions.node}, revision ${revisionText()}`;
const before: Results = existsSync(path)
  ? JSON.parse(readFileSync(path, 'utf8'))
  : { about, points: {} };
const results: Results = { about, points: before.points };
mkdirSync(resultsFolder, { recursive: true });

for (const axis of wanted as GrowthAxis[]) {
  for (const value of axes[axis]) {
    const name = pointName(axis, value);
    if (!values.fresh && results.points[name] !== undefined) continue;
    results.points[name] = await measure(axis, value);
    writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
    const { seconds, phases, peakBytes } = results.points[name];
    console.error(
      `${name}: ${seconds.toFixed(2)} s (read ${phases.read.toFixed(2)}, bin ${phases.bin.toFixed(2)}, train ${phases.train.toFixed(2)}), ${mebibytes(peakBytes)} MiB`,
    );
  }
}
const text = tableText();
console.log(text);
if (values.write) {
  writeFileSync(join(repository, 'docs', 'growth.svg'), plot());
  replaceBetween('bench:growth', text);
}

async function measure(axis: GrowthAxis, value: number): Promise<FitTook> {
  const { rows, features, classes, trees, leaves, bins } = sizesOf(axis, value);
  const task = {
    path: await makeTable({ rows, features, classes }),
    threads: Number(values.threads),
    settings: { maxIter: trees, maxLeaves: leaves, maxBins: bins },
  };
  const runs: FitTook[] = [];
  for (let i = 0; i < Number(values.repeats); i++) runs.push(await runFit(task));
  runs.sort((a, b) => a.seconds - b.seconds);
  return runs[runs.length >> 1] as FitTook;
}

function tableText(): string {
  const lines = known.flatMap((axis) =>
    axes[axis].flatMap((value) => {
      const point = results.points[pointName(axis, value)];
      if (point === undefined) return [];
      const { seconds, phases, peakBytes } = point;
      const ingest = (phases.read + phases.bin).toFixed(2);
      return `| ${axis} | ${value.toLocaleString('en')} | ${ingest} | ${phases.train.toFixed(2)} | ${seconds.toFixed(2)} | ${mebibytes(peakBytes)} |`;
    }),
  );
  const others = Object.entries(base).map(
    ([name, value]) => `${value.toLocaleString('en')} ${name}`,
  );
  return [
    `Boosted trees on ${others.join(', ')};`,
    'one of them departs from that at a time. From Parquet files to the model, a process a fit, medians.',
    `${results.about}.`,
    '',
    '| what grows | to | reading and binning, s | training, s | all, s | peak MiB |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
    '![Seconds and MiB as each of them grows](growth.svg)',
  ].join('\n');
}

function plot(): string {
  return plotPanels(
    known.map((axis) => {
      const measured = axes[axis].flatMap((value) => {
        const point = results.points[pointName(axis, value)];
        return point === undefined ? [] : [{ value, point }];
      });
      return {
        title: axis,
        lines: [
          { name: 'seconds', points: measured.map(({ value, point }) => [value, point.seconds]) },
          {
            name: 'MiB',
            points: measured.map(({ value, point }) => [value, mebibytes(point.peakBytes)]),
          },
        ],
      };
    }),
  );
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
