/**
 * Whole fits on a device, in a process of its own: the saved bytes are those of the CPU, whatever the parameters,
 * the threads and the misfortunes. Mesa's software adapter serves where there is no GPU.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeUnder, softwareGpuEnvironment } from '../../../tools/software-gpu.ts';
import { suiteRuns } from '../../../tools/suite-runs.ts';

const environment = softwareGpuEnvironment();
const found = probeUnder(environment);
const runs = suiteRuns('gpu', 'failure' in found ? found.failure : null);

interface Told {
  readonly name: string;
  readonly [fact: string]: unknown;
}

async function runScript(
  name: string,
  words: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const all = ['--import', 'tsx', script, ...words];
  const options = { env: environment, timeout: 200_000, maxBuffer: 1 << 24 };
  try {
    return await promisify(execFile)(process.execPath, all, options);
  } catch (error) {
    const ended = error as Error & { stdout: string; stderr: string };
    if (ended.stdout.trim().endsWith('compared')) return ended;
    throw error;
  }
}

it('compiles every kernel without a complaint of the validator', async () => {
  const { stdout } = await runScript('compile-shaders.ts', []);
  expect(stdout.trim()).toBe('compiled 106');
}, 60_000);

describe.runIf(runs)('fits on a device', () => {
  const names = [
    ...['scored', 'ties', 'leafWise', 'widths', 'shaped', 'forests', 'streamed', 'sent', 'kinds'],
    ...['resumed', 'lost', 'loop', 'random', 'processes'],
  ] as const;
  const told = new Map<string, Told>();
  let warned = '';

  beforeAll(async () => {
    const { stdout, stderr } = await runScript('equal-fits.ts', names);
    warned = stderr;
    for (const line of stdout.trim().split('\n')) {
      if (!line.startsWith('{')) continue;
      const result = JSON.parse(line) as Told;
      told.set(result.name, result);
    }
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

  it('asks the device less than once a split where the best leaf is next', () => {
    const device = told.get('leafWise')?.['device'] as Record<string, number>;
    expect(device['numTrees']).toBe(3);
    expect(device['submits']).toBeLessThan(3 * 62);
  });

  it('sends what its memory does not hold', () => {
    const found = told.get('streamed')?.['told'] as readonly Record<string, number>[];
    expect(found.map(({ numStretches }) => numStretches)).toEqual([4, 3, 4, 3]);
    expect(found.map(({ numSent }) => numSent)).toEqual([0, 0, 3, 2]);
  });

  it('gets gradients while they are made, unless their scale has changed', () => {
    const sent = told.get('sent') as Told;
    const [squares = 0, weighted = 0, logistic = 0, classes] = sent['told'] as readonly number[];
    for (const numStreamed of [squares, weighted, logistic]) {
      expect(numStreamed).toBeGreaterThan(0);
      expect(numStreamed).toBeLessThan(5);
    }
    expect(classes).toBe(0);
  });

  it('grows the trees of forests on the devices of all processes', () => {
    expect(told.get('processes')?.['told']).toEqual([
      [2, 2],
      [2, 2],
      [1, 1],
      [1, 1],
      [2, 0],
    ]);
  });

  it('goes on from checkpoints and models, and merges its models with those of the CPU', () => {
    const ends = ['ABORTED', 'GPU_FAILED', 'GPU_FAILED', 'ABORTED'];
    expect(told.get('resumed')?.['ends']).toEqual(ends);
  });

  it('says that the device was lost, or goes on without it', () => {
    const said = told.get('lost')?.['said'] as readonly string[];
    expect(said).toHaveLength(4);
    said.forEach((text, i) => {
      const owner = i % 2 === 0 ? 'GBTRegressor' : 'RandomForestRegressor';
      const words = `GPU_FAILED: the GPU that trained ${owner} stopped: the device was lost`;
      expect(text.slice(0, words.length)).toBe(words);
      const goesOn = new RegExp(`${owner} goes on without the GPU: the device was lost`, 'g');
      expect(warned.match(goesOn)).toHaveLength(2);
    });
  });

  it('asks the device once a level of a tree', () => {
    const device = told.get('forests')?.['told'] as Record<string, number>;
    expect(device).toMatchObject({ numTrees: 1, submits: 5, reads: 5 });
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

  it('holds no more memory after many fits than after some', () => {
    const sizes = told.get('loop')?.['sizes'] as readonly number[];
    // the most of either half: what the collector has just freed says nothing
    expect(Math.max(...sizes.slice(3)) - Math.max(...sizes.slice(0, 3))).toBeLessThan(60);
  });

  it('destroys every buffer that it makes', () => {
    const { made, alive } = told.get('loop') as Told & Record<string, number>;
    expect(made).toBeGreaterThan(40);
    expect(alive).toBe(0);
  });
});
