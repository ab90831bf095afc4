import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { libraryVersion } from '../../src/pipeline/format-version.ts';
import { tableFromColumns } from '../../src/table/create-table.ts';
import { suiteRuns } from '../tools/suite-runs.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { command, runJson, runProcess } from './run-process.ts';

const folder = temporaryFolder('process');
const data = join(folder, 'data.parquet');
const few = join(folder, 'few.csv');

beforeAll(async () => {
  const length = 20_000;
  const table = tableFromColumns(new InlineRunner(), {
    x: Float64Array.from({ length }, (_, i) => (i * 7919) % 1009),
    z: Float64Array.from({ length }, (_, i) => (i * 104729) % 997),
    y: Float64Array.from({ length }, (_, i) => ((i * 7919) % 1009) * 2 + ((i * 104729) % 997)),
  });
  await table.write.parquet(data);
  writeFileSync(few, 'x,y\n1,0\n2,1\n3,0\n');
});

describe('the command as a process', () => {
  it('says its version before it has loaded anything', async () => {
    let least = Number.POSITIVE_INFINITY;
    let leastOfNode = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 4; i++) {
      const { stdout, seconds } = await runProcess(['--version']);
      expect(stdout.trim()).toBe(libraryVersion);
      least = Math.min(least, seconds);
      const start = performance.now();
      spawnSync(process.execPath, ['--eval', '0']);
      leastOfNode = Math.min(leastOfNode, (performance.now() - start) / 1000);
    }
    // on a busy machine Node itself starts slowly
    expect(least).toBeLessThan(Math.max(0.5, 5 * leastOfNode));
  });

  it('prints nothing but one JSON object on stdout, and ends by itself', async () => {
    const model = join(folder, 'model');
    const params = ['--params', 'maxIter=5'];
    const words = ['fit', '--data', data, '--label', 'y', '--model', model, ...params];
    expect(await runJson(words)).toMatchObject({ command: 'fit', task: 'regression', numTrees: 5 });
  });

  it('says what to do where it may not reserve addresses', async ({ skip }) => {
    const why = `ulimit -v does not hold on ${process.platform}`;
    if (!suiteRuns('limited addresses', process.platform === 'linux' ? null : why)) skip(why);
    const model = join(folder, 'cramped');
    for (const most of ['3000000', '13000000']) {
      const words = ['fit', '--data', data, '--label', 'y', '--model', model];
      const run = await runProcess(words, { virtualKiB: most });
      expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('MEMORY_LIMIT')]);
      expect(run.stderr).toContain('ulimit -v unlimited');
      expect(run.stderr).not.toContain('    at ');
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('cramped'))).toEqual([]);
  });

  it('goes on to the end where nobody reads its remarks', async () => {
    const model = join(folder, 'unheard');
    const words = [
      'fit',
      '--data',
      data,
      '--label',
      'y',
      '--model',
      model,
      '--params',
      'maxIter=2',
    ];
    const child = spawn(process.execPath, [command, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(existsSync(join(model, 'MANIFEST.json'))).toBe(true);
  });

  it('prints a warning as one plain line', async () => {
    const words = ['fit', '--data', few, '--label', 'y', '--model', join(folder, 'few'), '-q'];
    const { stderr } = await runProcess([...words, '--params', 'maxIter=1']);
    expect(stderr).toMatch(/^warning: GBTClassifier made no split, .*\n$/);
  });

  it('says that stdout cannot be written', async ({ skip }) => {
    const why = `there is no /dev/full on ${process.platform}`;
    if (!suiteRuns('a full disk behind stdout', existsSync('/dev/full') ? null : why)) skip(why);
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [command, 'doctor'], { stdio: ['ignore', full, 'pipe'] });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    closeSync(full);
    expect(stderr).toMatch(/^error FILE_WRITE: stdout cannot be written: ENOSPC.*\n$/);
  });

  it('promises nothing that cannot run where Node does without WebAssembly', async () => {
    const words = ['--jitless', command, 'doctor', '--json'];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    const missing = { ok: false, found: expect.stringMatching(/switched off/) };
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      ...{ 'WebAssembly SIMD': missing, kernels: missing, Parquet: missing },
      'shared memory': { ok: false, found: expect.stringContaining('--jitless') },
    });
  });

  it('ends with 130 soon after SIGINT, and leaves nothing behind', async () => {
    const params = ['--params', 'maxIter=1000000,maxLeaves=255'];
    const model = join(folder, 'endless');
    const words = ['fit', '--data', data, '--label', 'y', '--model', model, ...params];
    const run = await runProcess(words, { interruptAfterMs: 3000 });
    expect(run.exitCode).toBe(130);
    expect(run.stderr).toContain('ABORTED');
    expect(run.seconds).toBeLessThan(6);
    expect(readdirSync(folder).filter((name) => name.startsWith('endless'))).toEqual([]);
  });
});
