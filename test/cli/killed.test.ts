/** A fit that is killed goes on where its last checkpoint was, and saves the bytes of one that was left alone. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { someOf } from '../tools/some-cases.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';
import { command, runJson } from './run-process.ts';

const folder = temporaryFolder('killed');
const path = (name: string): string => join(folder, name);
const data = path('data.parquet');
const dying = fileURLToPath(new URL('./die-after-checkpoint.mjs', import.meta.url));

/** The last rounds of the checkpoints that are there. */
const roundsIn = (checkpoints: string): number[] =>
  readdirSync(checkpoints, { recursive: true, encoding: 'utf8' })
    .flatMap((name) => /round-(\d{8})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

beforeAll(async () => {
  const length = 4000;
  const table = tableFromColumns(new InlineRunner(), {
    x: Float64Array.from({ length }, (_, i) => (i * 7919) % 1009),
    z: Float64Array.from({ length }, (_, i) => (i * 104729) % 997),
    y: Float64Array.from({ length }, (_, i) => ((i * 7919) % 1009) * ((i * 104729) % 997)),
  });
  await table.write.parquet(data);
});

const cases = [
  ['boosted trees', 'gbt', 'maxIter=40,maxLeaves=32,subsamplingRate=0.8', 40],
  ['averaged models', 'gbt', 'maxIter=20,maxLeaves=32,holdOutFolds=4,numModels=2', 40],
  ['a forest', 'rf', 'numTrees=40,maxDepth=12', 40],
] as const;

it.each(someOf(cases))(
  'a fit of %s that was killed saves the bytes of one that was left alone',
  async (name, algo, given, numRounds) => {
    const own = (file: string): string => path(`${name} ${file}`);
    const fit = ['fit', '--data', data, '--label', 'y', '--algo', algo, '--params', given];
    await runJson([...fit, '--model', own('alone'), '--threads', '1']);
    const keeping = ['--checkpoint-dir', own('kept'), '--checkpoint-interval', '5'];
    const words = [...fit, '--model', own('resumed'), ...keeping];
    const killed = spawnSync(process.execPath, ['--import', dying, command, ...words]);
    expect(killed.signal).toBe('SIGKILL');
    expect(existsSync(own('resumed'))).toBe(false);
    const found = roundsIn(own('kept'));
    expect(found.length).toBeGreaterThanOrEqual(1);
    expect(found.at(-1)).toBeLessThan(numRounds);
    await runJson([...words, '--threads', '2']);
    expect(folderContent(own('resumed'))).toEqual(folderContent(own('alone')));
  },
  60_000,
);
