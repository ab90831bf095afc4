/**
 * `npm run bench:threads -- [--rows 1000000] [--trees 20] [--repeats 3] [--write]`
 *
 * What are two threads worth? The machine's own ceiling is what two independent fits of one thread each reach side by
 * side: cores that share caches, memory or a clock slow each other down. Fits run in turn: one thread, two threads, two
 * fits of one thread at the same time; medians of the training times count.
 */
import { parseArgs } from 'node:util';
import { makeTable } from './growth/made-table.ts';
import { runFit, runSideBySide } from './growth/run-fit.ts';
import { machineText, revisionText } from './machine.ts';
import { replaceBetween } from './written-part.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    trees: { type: 'string', default: '20' },
    repeats: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const path = await makeTable({ rows, features: 28, classes: 2 });
const settings = { maxIter: Number(values.trees), maxLeaves: 255, maxBins: 255 };
const alone: number[] = [];
const together: number[] = [];
const copies: number[] = [];
for (let i = 0; i < Number(values.repeats); i++) {
  alone.push((await runFit({ path, threads: 1, settings })).phases.train);
  together.push((await runFit({ path, threads: 2, settings })).phases.train);
  const pair = await runSideBySide([1, 2].map(() => ({ path, threads: 1, settings })));
  copies.push(Math.max(...pair.map(({ phases }) => phases.train)));
}
const [one, two, both] = [alone, together, copies].map(middle) as [number, number, number];
const gain = one / two;
const ceiling = (2 * one) / both;
const text = [
  '| training | seconds | work in the time of one thread |',
  '| --- | ---: | ---: |',
  `| one thread | ${one.toFixed(2)} | 1.00 |`,
  `| two threads | ${two.toFixed(2)} | ${gain.toFixed(2)} |`,
  `| two fits of one thread, side by side | ${both.toFixed(2)} | ${ceiling.toFixed(2)} |`,
  '',
  `Two threads reach ${(gain / ceiling).toFixed(2)} of what the machine gives two independent fits. ${rows.toLocaleString('en')} × 28 rows, ${values.trees} trees of 255`,
  `leaves, ${machineText()}, revision ${revisionText()}.`,
].join('\n');
console.log(text);
if (values.write) replaceBetween('bench:threads', text);

function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] as number;
}
