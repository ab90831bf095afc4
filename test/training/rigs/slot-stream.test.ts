/** The rank that drives a device sends what the others have made, no sooner, and all of it. */
import { describe, expect, it } from 'vitest';
import type { RankEnvironment } from '../../../src/training/rank-environment.ts';
import { SlotStream, streamBytes, streamRows } from '../../../src/training/rigs/slot-stream.ts';

const rows = [
  { start: 0, count: 0 },
  { start: 0, count: 250 },
  { start: 250, count: 100 },
];

/** Streams of three ranks, of which the first has no rows; a fit that is aborted throws. */
function streamsOf(checkAborted = (): void => undefined): readonly SlotStream[] {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  // what another fit has left there
  new Int32Array(memory.buffer).fill(77);
  const collective = { checkAborted };
  return rows.map((own, localIndex) => {
    const environment = { localIndex, numLocal: 3, memory, collective };
    return new SlotStream(environment as unknown as RankEnvironment, 64, own, 100);
  });
}

describe('gradients that are sent while they are made', () => {
  it('go when their block was told, once, tree by tree', async () => {
    const [driver, first, second] = streamsOf() as [SlotStream, SlotStream, SlotStream];
    expect([driver.drives, first.drives]).toEqual([true, false]);
    for (let tree = 0; tree < 3; tree++) {
      const sent: number[][] = [];
      const left = [first, second, first, first];
      left.shift()?.tell();
      await driver.follow(async (from, count) => {
        sent.push([from, count]);
        left.shift()?.tell();
      });
      expect(sent).toEqual([
        [0, 100],
        [250, 100],
        [100, 100],
        [200, 50],
      ]);
    }
  });

  it('are not waited for when the fit was ended', async () => {
    const [driver, first] = streamsOf(() => {
      throw new Error('ended');
    }) as [SlotStream, SlotStream];
    first.tell();
    await expect(driver.follow(async () => undefined)).rejects.toThrow('ended');
  });

  it('are those of processes with many ranks and a device', () => {
    const device = { kind: 'gpu' } as const;
    expect(streamRows({ device: null }, { numLocal: 16 })).toBe(0);
    expect(streamRows({ device }, { numLocal: 7 })).toBe(0);
    expect(streamRows({ device }, { numLocal: 8 })).toBe(65_536);
    expect(streamRows({ device: { ...device, streamRows: 10 } }, { numLocal: 2 })).toBe(10);
    expect(streamRows({ device: { ...device, streamRows: 10 } }, { numLocal: 1 })).toBe(0);
    expect(streamBytes(16)).toBe(64 * 17);
  });
});
