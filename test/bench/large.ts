/**
 * `npm run bench:large -- [--rows 20000000] [--trees 10] [--threads 2] [--write]`
 *
 * Trains on many rows of 28 float32 columns, read from a folder of Parquet files a row group at a time: the raw numbers
 * are never all in memory. Prints the seconds of each phase and the peak memory of the process beside the bytes of the
 * raw numbers.
 */
import { parseArgs } from 'node:util';
import { makeTable } from './growth/made-table.ts';
import { runFit } from './growth/run-fit.ts';
import { machineText, revisionText } from './machine.ts';
import { replaceBetween } from './written-part.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000000' },
    trees: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
const features = 28;
const rows = Number(values.rows);
const path = await makeTable({ rows, features, classes: 2 });
const settings = { maxIter: Number(values.trees), maxLeaves: 255, maxBins: 255 };
const took = await runFit({ path, threads: Number(values.threads), settings });
const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);
const { read, bin, train } = took.phases;
const text = [
  `${rows.toLocaleString('en')} × ${features} float32 rows (${gibibytes(4 * rows * (features + 1))} GiB of raw numbers) from Parquet, ${values.trees} trees of`,
  `255 leaves: reading ${read.toFixed(1)} s, binning ${bin.toFixed(1)} s, training ${train.toFixed(1)} s (${(train / Number(values.trees)).toFixed(2)} s a tree); ${gibibytes(took.peakBytes)} GiB of memory at`,
  `most. ${values.threads} threads, ${machineText()}, revision ${revisionText()}.`,
].join('\n');
console.log(text);
if (values.write) replaceBetween('bench:large', text);
