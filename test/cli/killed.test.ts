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

it('a command that was killed saves the bytes of one that was left alone', async () => {
  const length = 20_000;
  const table = tableFromColumns(new InlineRunner(), {
    x: Float64Array.from({ length }, (_, i) => (i * 7919) % 1009),
    z: Float64Array.from({ length }, (_, i) => (i * 104729) % 997),
    y: Float64Array.from({ length }, (_, i) => ((i * 7919) % 1009) * ((i * 104729) % 997)),
  });
  await table.write.parquet(path('data.parquet'));
  const params = ['--params', 'maxIter=70,maxLeaves=64,subsamplingRate=0.8'];
  const fit = ['fit', '--data', path('data.parquet'), '--label', 'y', ...params];
  await runJson([...fit, '--model', path('alone'), '--threads', '1']);
  const keeping = ['--checkpoint-dir', path('kept'), '--checkpoint-interval', '5'];
  const words = [...fit, '--model', path('resumed'), ...keeping];
  expect(await killed(words, path('kept'))).toBeNull();
  expect(existsSync(path('resumed'))).toBe(false);
  const found = roundsIn(path('kept'));
  expect(found.length).toBeGreaterThanOrEqual(1);
  await runJson([...words, '--threads', '2']);
  expect(folderContent(path('resumed'))).toEqual(folderContent(path('alone')));
  expect(roundsIn(path('kept')).at(-1)?.slice(-4)).toBe('0070');
});
