/** Where does scaling end? Explains a fit for up to 1,024 executors, as a table and a plot (docs/scaling.svg). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { explainFit } from '../../../src/session/explain-fit.ts';
import type { FitExplanation } from '../../../src/session/fit-explanation.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { readParquet } from '../../../src/table/parquet/read-parquet.ts';
import { setUpDataset } from '../setup.ts';
import { estimatorOf } from './timed-fits.ts';

const executors = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const networks = [
  { name: '25 Gbit/s, 0.05 ms', gigabitsPerSecond: 25, latencyMs: 0.05, color: '#1b6ca8' },
  { name: '10 Gbit/s, 0.25 ms', gigabitsPerSecond: 10, latencyMs: 0.25, color: '#c0561f' },
  { name: '1 Gbit/s, 1 ms', gigabitsPerSecond: 1, latencyMs: 1, color: '#3d7d3d' },
];

/** Prints the table and writes the plot. */
export async function writeScaling(wanted: {
  readonly numTrees: number;
  readonly rows: number | undefined;
}): Promise<void> {
  const { numTrees, rows } = wanted;
  const pool = new ThreadPool(1, workerUrl());
  const path = join(setUpDataset('numeric-28', rows), 'train.parquet');
  const table = await readParquet(pool, path);
  const lines: Line[] = [];
  for (const growth of ['level', 'leaf'] as const) {
    const options = { executors, trees: numTrees };
    const told = await explainFit(pool, estimatorOf(table, growth, numTrees), table, options);
    console.log(`\n${growth}\n\n${tableOf(told)}`);
    if (growth === 'leaf') continue;
    for (const network of networks) {
      const ms = executors.map((count) => told.simulate(count, network).secondsPerTree * 1000);
      lines.push({ name: network.name, color: network.color, ms });
    }
  }
  await pool.close();
  const file = fileURLToPath(new URL('../../../docs/scaling.svg', import.meta.url));
  writeFileSync(file, plotOf(lines));
}

function tableOf(told: FitExplanation): string {
  const head = ['executors', 'meetings', 'MB sent', ...networks.map(({ name }) => name)];
  const rows = told.scales.map(({ executors: count, meetings, bytes, isRehearsed }) => [
    `${count}${isRehearsed ? '' : ' *'}`,
    meetings.toFixed(1),
    (bytes / 1e6).toFixed(2),
    ...networks.map((network) => (told.simulate(count, network).secondsPerTree * 1000).toFixed(1)),
  ]);
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

interface Line {
  readonly name: string;
  readonly color: string;
  /** A tree, by number of executors. */
  readonly ms: readonly number[];
}

const [width, height, left, bottom] = [640, 380, 60, 330];

/** Both axes are logarithmic. */
function plotOf(lines: readonly Line[]): string {
  const all = lines.flatMap(({ ms }) => ms);
  const [low, high] = [Math.log10(Math.min(...all)), Math.log10(Math.max(...all))];
  const x = (i: number): number => left + (i * (width - left - 30)) / (executors.length - 1);
  const y = (ms: number): number =>
    bottom - ((Math.log10(ms) - low) / (high - low)) * (bottom - 30);
  const ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].filter(
    (ms) => Math.log10(ms) >= low && Math.log10(ms) <= high,
  );
  const marks = [
    ...executors.map(
      (count, i) => `<text x="${x(i)}" y="${bottom + 18}" text-anchor="middle">${count}</text>`,
    ),
    ...ticks.map(
      (ms) =>
        `<line x1="${left}" x2="${width - 30}" y1="${y(ms).toFixed(1)}" y2="${y(ms).toFixed(1)}" stroke="#ddd"/><text x="${left - 8}" y="${(y(ms) + 4).toFixed(1)}" text-anchor="end">${ms}</text>`,
    ),
  ];
  const drawn = lines.map(({ name, color, ms }, n) => {
    const points = ms.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/><text x="${width - 190}" y="${24 + 18 * n}" fill="${color}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Milliseconds a tree as executors are added</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${[...marks, ...drawn].join('\n')}
<text x="${width / 2}" y="${height - 10}" text-anchor="middle">executors of one thread</text>
<text x="14" y="16">milliseconds a tree</text>
</svg>
`;
}
