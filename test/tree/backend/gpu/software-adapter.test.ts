/**
 * Whole fits on a device, in a process of its own: the saved bytes are those of the CPU. Mesa's software adapter serves
 * where there is no GPU. The other parameters, and the misfortunes, are in equal-fits.test.ts.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeUnder } from '../../../tools/software-gpu.ts';
import { environment, found, runScenarios, runScript, runs, type Told } from './device-runs.ts';

it('compiles every kernel without a complaint of the validator', async () => {
  const { stdout } = await runScript('compile-shaders.ts', []);
  expect(stdout.trim()).toBe('compiled 106');
}, 60_000);

describe.runIf(runs)('fits on a device', () => {
  const names = ['scored', 'widths'] as const;
  let told = new Map<string, Told>();

  beforeAll(async () => {
    ({ told } = await runScenarios(names));
  }, 210_000);

  it.each(names)('saves the bytes of the CPU: %s', (name) => {
    expect(told.get(name)?.['name']).toBe(name);
  });

  it('fetches the entries of few features', () => {
    const { onDevice, onCpu } = told.get('scored') as Told & Record<string, number>;
    expect(onDevice).toBeGreaterThan(0);
    expect(3 * (onDevice as number)).toBeLessThan(onCpu as number);
  });

  it('asks the device three times a batch of boosted nodes, and waits once', () => {
    const device = told.get('scored')?.['device'] as Record<string, number>;
    // besides, gradients go up, the root's entries and the leaves come back, the last rows move, and once ties are fetched
    expect(device).toMatchObject({ numTrees: 1, submits: 4 * 3 + 5, reads: 4 + 3 });
  });

  it('is refused unless it is asked for, where it is a program', () => {
    const { COPPICE_ALLOW_SOFTWARE_GPU: _, ...rest } = environment;
    const { facts } = found as { facts: { backend: string } };
    const answer = probeUnder({ ...rest, COPPICE_GPU_BACKEND: facts.backend });
    if ('facts' in answer) expect(answer.facts.isSoftware).toBe(false);
    else expect(answer.failure).toContain('only a software adapter answered');
  });

  it('passes the self-test of `coppice doctor --gpu`', async () => {
    const command = fileURLToPath(new URL('../../../../dist/bundle/node/cli.js', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [command, 'doctor', '--gpu', '--json'],
      { env: environment, timeout: 60_000 },
    );
    const report = JSON.parse(stdout) as Record<string, { found: string; ok: boolean }>;
    expect(report['GPU self-test']).toEqual({ found: 'every sum is right', ok: true });
    expect(report['GPU limits']?.found).toMatch(/buffers of \d+ MiB/);
  }, 60_000);
});
