/**
 * `npm run bench -- [row …] [--write] [--fresh] [--rounds 3] [--threads 2] [--patience 60]
 * [--only name,name] [--list] [--report]`
 *
 * Races the named rows, or all that were not measured completely yet; `--fresh` measures them again. Before each
 * run it waits, `--patience` seconds at most, until nobody else uses the machine. Prints the table of everything
 * measured so far (`--report`: only that); `--write` puts it into docs/performance.md, the runs
 * of each row behind everything else.
 */
import { parseArgs } from 'node:util';
import { allRows } from './all-rows.ts';
import { raceRow } from './race.ts';
import { reportOf } from './report.ts';
import { readResults } from './results-file.ts';
import { setUpPeers } from './setup.ts';
import { replaceBetween } from './written-part.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    patience: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
});

if (values.list) {
  for (const row of allRows) console.log(`${row.name.padEnd(24)} ${row.title}`);
  process.exit(0);
}

const unknown = positionals.find((name) => !allRows.some((row) => row.name === name));
if (unknown !== undefined) {
  const known = allRows.map(({ name }) => name).join(', ');
  throw new Error(`a row must be one of ${known}; got ${unknown}`);
}
const isWanted = (name: string): boolean =>
  positionals.length > 0
    ? positionals.includes(name)
    : values.fresh || readResults()[name]?.isComplete !== true;

if (!values.report) {
  setUpPeers();
  for (const row of allRows.filter(({ name }) => isWanted(name))) {
    const reason = row.prepare();
    if (reason !== null) {
      console.error(`bench: ${row.name} is skipped: ${reason}`);
      continue;
    }
    await raceRow(row, {
      threads: Number(values.threads),
      rounds: Number(values.rounds),
      patienceSeconds: Number(values.patience),
      only: values.only?.split(','),
    });
  }
}
const { summary, runs } = reportOf(allRows, readResults());
console.log(`${summary}\n\n${runs}`);
if (values.write) replaceBetween('bench', `\n${summary}\n`, `\n${runs}\n`);
