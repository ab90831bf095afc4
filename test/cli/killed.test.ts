/** A fit that is killed goes on where its last checkpoint was, and saves the bytes of one that was left alone. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../scripts/source-stamp.mjs';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';
import { runJson } from './run-process.ts';

const folder = temporaryFolder('killed');
const path = (name: string): string => join(folder, name);

const roundsIn = (checkpoints: string): string[] =>
  existsSync(checkpoints)
    ? readdirSync(checkpoints, { recursive: true, encoding: 'utf8' })
        .filter((name) => /round-\d{8}$/.test(name))
        .sort()
    : [];

/** Kills the command with SIGKILL as soon as there are so many checkpoints. */
async function killed(words: readonly string[], checkpoints: string): Promise<number | null> {
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), ...words], {
    stdio: 'ignore',
  });
  const timer = setInterval(() => {
    if (roundsIn(checkpoints).length >= 2) child.kill('SIGKILL');
  }, 2);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(timer);
  return exitCode;
}

const cases = [
  ['boosted trees', 'gbt', 'maxIter=70,maxLeaves=64,subsamplingRate=0.8', 70],
  ['averaged models', 'gbt', 'maxIter=30,maxLeaves=64,holdOutFolds=4,numModels=2', 60],
  ['a forest', 'rf', 'numTrees=60,maxDepth=20', 60],
] as const;

it.each(cases)(
  'a fit of %s that was killed saves the bytes of one that was left alone',
  async (name, algo, given, numRounds) => {
    const own = (file: string): string => path(`${name} ${file}`);
    const length = 20_000;
    const table = tableFromColumns(new InlineRunner(), {
      x: Float64Array.from({ length }, (_, i) => (i * 7919) % 1009),
      z: Float64Array.from({ length }, (_, i) => (i * 104729) % 997),
      y: Float64Array.from({ length }, (_, i) => ((i * 7919) % 1009) * ((i * 104729) % 997)),
    });
    await table.write.parquet(own('data.parquet'));
    const params = ['--algo', algo, '--params', given];
    const fit = ['fit', '--data', own('data.parquet'), '--label', 'y', ...params];
    await runJson([...fit, '--model', own('alone'), '--threads', '1']);
    const keeping = ['--checkpoint-dir', own('kept'), '--checkpoint-interval', '5'];
    const words = [...fit, '--model', own('resumed'), ...keeping];
    expect(await killed(words, own('kept'))).toBeNull();
    expect(existsSync(own('resumed'))).toBe(false);
    const found = roundsIn(own('kept'));
    expect(found.length).toBeGreaterThanOrEqual(1);
    await runJson([...words, '--threads', '2']);
    expect(folderContent(own('resumed'))).toEqual(folderContent(own('alone')));
    expect(Number(roundsIn(own('kept')).at(-1)?.slice(-8))).toBeLessThanOrEqual(numRounds);
  },
  60_000,
);
