import { describe, expect, it } from 'vitest';
import { libraryVersion } from '../../src/pipeline/format-version.ts';
import { runForTest } from './run-for-test.ts';

describe('coppice', () => {
  it('prints its version', async () => {
    const run = await runForTest(['--version']);
    expect(run).toMatchObject({ exitCode: 0, stdout: `${libraryVersion}\n`, stderr: '' });
  });

  it('prints its help, with every command and the exit codes', async () => {
    const { exitCode, stdout } = await runForTest(['--help']);
    expect(exitCode).toBe(0);
    for (const command of ['fit', 'transform', 'evaluate', 'inspect', 'doctor']) {
      expect(stdout).toContain(`  ${command} `);
    }
    expect(stdout).toContain('130 interrupted');
  });

  it.each([
    [['fti'], 'Did you mean fit'],
    [['fit', '--data', 'x.parquet'], '--model'],
    [['fit', '--data', 'x.parquet', '--model', 'm'], '--label'],
    [
      ['fit', '--data', 'x', '--label', 'y', '--model', 'm', '--algo', 'svm'],
      'gbt, rf, extra-trees, dt, linear, stack',
    ],
    [['fit', '--data', 'x', '--label', 'y', '--model', 'm', '--threads', '0'], 'above 0'],
    [['transform', '--modle', 'm'], '--model'],
    [['transform', '--model', 'm', '--model', 'n'], 'It was given before, and takes one value.'],
    [
      ['fit', '--data', 'x', '--label', 'y', '--model', 'm', '--algo', 'rf', '--algo', 'dt'],
      '--algo',
    ],
    [[], 'Usage: coppice'],
  ])('exits with 2 and says why for the words %j', async (words, reason) => {
    const run = await runForTest(words);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(reason);
    expect(run.stdout).toBe('');
  });

  it('prints a usage error as one JSON object with --json', async () => {
    const { exitCode, json } = await runForTest(['fit', '--json']);
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ error: { code: 'USAGE' } });
  });
});

describe('coppice doctor', () => {
  it('reports Node, cores, SIMD, kernels and Parquet', async () => {
    const { exitCode, stdout } = await runForTest(['doctor']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(process.versions.node);
    for (const name of [
      'cores',
      'memory',
      'WebAssembly SIMD',
      'shared memory',
      'kernels',
      'Spark',
    ]) {
      expect(stdout).toContain(name);
    }
  });

  it('reports the same as JSON', async () => {
    const { json } = await runForTest(['doctor', '--json']);
    expect(json).toMatchObject({
      ok: true,
      Parquet: { ok: true },
      coppice: { found: libraryVersion },
    });
  });
});
