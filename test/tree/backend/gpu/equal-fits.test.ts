/** Whole fits on a device with all kinds of parameters, threads and misfortunes: the saved bytes are those of the CPU. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runScenarios, runs, type Told } from './device-runs.ts';

describe.runIf(runs)('fits of every kind on a device', () => {
  const names = [
    ...['ties', 'leafWise', 'shaped', 'forests', 'streamed', 'sent', 'kinds', 'resumed'],
    ...['lost', 'loop', 'random', 'processes'],
  ] as const;
  let told = new Map<string, Told>();
  let warned = '';

  beforeAll(async () => {
    ({ told, warned } = await runScenarios(names));
  }, 210_000);

  it.each(names)('saves the bytes of the CPU: %s', (name) => {
    expect(told.get(name)?.['name']).toBe(name);
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
