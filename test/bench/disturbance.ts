/**
 * `npm run bench:disturbance -- [--trees 10] [--repeats 3] [--only name,name] [--write]`
 *
 * Another process burns one core: how much slower do we and the peers train? Each contestant boosts 1,000,000 × 28 rows
 * from binned data, in turn with and without the disturbance; the medians' ratio is its slowdown. With two cores and two
 * threads a fair share is three quarters of what there was: a slowdown of 1.33.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { machineText, revisionText } from './machine.ts';
import { readLabels } from './read-labels.ts';
import type { Contestant, Variant } from './row.ts';
import { gbtNumericBinned as row } from './rows/gbt-numeric-binned.ts';
import { runContestant } from './run-contestant.ts';
import { setUpPeers } from './setup.ts';
import { replaceBetween } from './written-part.ts';

const { values } = parseArgs({
  options: {
    trees: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const kept = values.only?.split(',') ?? ['Coppice', 'LightGBM', 'XGBoost'];
const variants = ['default', 'rows', 'rows, spinning', 'passive', 'spinning'];
setUpPeers();
const labels = await readLabels(row);
const entries = row.contestants
  .filter(({ name }) => kept.includes(name))
  .flatMap((contestant) =>
    contestant.variants
      .filter(({ name }) => variants.includes(name))
      .map((variant) => ({
        contestant,
        variant,
        quiet: [] as number[],
        disturbed: [] as number[],
      })),
  );
for (let i = 0; i < Number(values.repeats); i++) {
  for (const { contestant, variant, quiet, disturbed } of entries) {
    quiet.push(await train(contestant, variant));
    const burner = burn();
    disturbed.push(await train(contestant, variant));
    burner.kill('SIGKILL');
    console.error(
      `${contestant.name} (${variant.name}): ${quiet.at(-1)?.toFixed(2)} s, disturbed ${disturbed.at(-1)?.toFixed(2)} s`,
    );
  }
}
const text = [
  '| contestant | configuration | alone, s | one core burnt, s | slowdown |',
  '| --- | --- | ---: | ---: | ---: |',
  ...entries.map(({ contestant, variant, quiet, disturbed }) => {
    const [before, after] = [middle(quiet), middle(disturbed)];
    return `| ${contestant.name} | ${variant.name} | ${before.toFixed(2)} | ${after.toFixed(2)} | ${(after / before).toFixed(2)} |`;
  }),
  '',
  `Training alone, ${values.trees} trees of 255 leaves, 1,000,000 × 28, 2 threads, ${machineText()}, revision ${revisionText()}.`,
].join('\n');
console.log(text);
if (values.write) replaceBetween('bench:disturbance', text);

async function train(contestant: Contestant, variant: Variant): Promise<number> {
  const rounds = Number(values.trees);
  const run = await runContestant({
    row,
    contestant,
    variant,
    round: 0,
    rounds,
    threads: 2,
    labels,
  });
  return run.phases['train'] ?? run.seconds;
}

/** A process that computes and never waits. */
function burn(): ChildProcess {
  return spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
}

function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] as number;
}
