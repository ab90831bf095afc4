/** What is told to the device and what comes back packed: groups of features, and the numbers of leaves. */
import { describe, expect, it } from 'vitest';
import { type BinnedFeature, layoutRecords } from '../../../../src/binning/binned-layout.ts';
import { planGroups } from '../../../../src/tree/backend/gpu/feature-groups.ts';
import {
  leafBytes,
  packedOthers,
  widenLeaves,
} from '../../../../src/tree/backend/gpu/packed-leaves.ts';
import { buildChunks, chunkRowsOf } from '../../../../src/tree/backend/gpu/row-chunks.ts';
import { cutChunksShader } from '../../../../src/tree/backend/gpu/row-wgsl.ts';
import { wgslFunctions } from './wgsl-functions.ts';

/** Numeric features of so many bins, the missing one included. */
function layoutOf(bins: readonly number[]) {
  const features = bins.map((numBins, index): BinnedFeature => {
    const edges = Float64Array.from({ length: numBins - 2 }, (_, i) => i);
    return { name: `x${index}`, index, kind: 'numeric', edges, categories: [], isFloat32: true };
  });
  return layoutRecords(
    features,
    features.map(() => true),
    4,
  );
}

/** Runs of places with their entries. */
function groupsOf(bins: readonly number[], most: number) {
  const { groups, groupEntries } = planGroups(layoutOf(bins), most);
  const runs: number[][] = [];
  for (let i = 0; i < groups.length; i += 4) runs.push([...groups.subarray(i, i + 4)]);
  return { runs, groupEntries };
}

describe('the features of a workgroup', () => {
  it('are about as many in each, and no more than have room', () => {
    const bins = new Array<number>(28).fill(256);
    const { runs, groupEntries } = groupsOf(bins, 6136);
    expect(runs).toEqual([
      [0, 14, 0, 3584],
      [14, 28, 3584, 3584],
    ]);
    expect(groupEntries).toBe(3584);
  });

  it('fill each where even ones would be more', () => {
    expect(groupsOf([60, 60, 60, 90, 90], 180).runs).toEqual([
      [0, 3, 0, 180],
      [3, 5, 180, 180],
    ]);
  });

  it('are one where it has no room', () => {
    const { runs, groupEntries } = groupsOf([10, 200, 10], 100);
    expect(runs).toEqual([
      [0, 1, 0, 10],
      [1, 2, 10, 200],
      [2, 3, 210, 10],
    ]);
    expect(groupEntries).toBe(10);
  });
});

describe('the chunks of a side whose rows only the device has counted', () => {
  const functions = wgslFunctions(cutChunksShader);
  const segment = { buffer: 1, start: 100, count: 5000 } as const;
  const [numRows, to] = [9000, 2 * 9000 + 100];

  it.each([0, 1, 700, 4096, 4999, 5000])('are its rows where %i went left', (numLeft) => {
    for (const side of [0, 1] as const) {
      const building = { slot: 7, segment, uncounted: { pair: 3, side, likely: 1000 } };
      const chunks = buildChunks([building], 2048, numRows);
      const ends = [numLeft, segment.count, side === 1] as const;
      const [begin, end] = [
        functions.get('sideBegin')?.(to, numLeft, side === 1) as number,
        functions.get('sideEnd')?.(to, ...ends) as number,
      ];
      expect([begin, end]).toEqual(side === 0 ? [to, to + numLeft] : [to + numLeft, to + 5000]);
      let covered = begin;
      for (let k = 0; k < chunks.length; k += 4) {
        const [slot, rows = 0, which = 0, code = 0] = chunks.subarray(k, k + 4);
        expect([slot, code]).toEqual([7, 1 + 2 * 3 + side]);
        const from = Math.min(end, begin + which * rows);
        expect(from).toBe(covered);
        covered = Math.min(end, from + rows);
      }
      expect(covered).toBe(end);
    }
  });

  it('are as many as the rows that it will probably have ask for', () => {
    const likely = { segment: { ...segment, count: 8_000_000 } };
    const uncounted = { pair: 0, side: 0, likely: 1_000_000 } as const;
    const rows = chunkRowsOf([{ ...likely, uncounted }]);
    expect(rows).toBe(chunkRowsOf([{ segment: { ...segment, count: 1_000_000 } }]));
    expect(rows).toBeLessThan(chunkRowsOf([likely]));
  });
});

describe('numbers of leaves', () => {
  it('take as few bytes as they need', () => {
    expect([leafBytes(256, false), leafBytes(256, true)]).toEqual([1, 2]);
    expect([leafBytes(65_536, false), leafBytes(65_536, true)]).toEqual([2, 4]);
  });

  it.each([1, 2] as const)('of %i bytes are widened by each rank for its own rows', (bytes) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const none = packedOthers(bytes);
    const numbers = bytes === 1 ? new Uint8Array(memory.buffer) : new Uint16Array(memory.buffer);
    numbers.set([3, none, 7, 200, none, 1]);
    const out = new Uint32Array(memory.buffer, 1024, 6);
    const parts = { memory, packed: 0, bytes, leafOf: 1024 };
    widenLeaves({ ...parts, start: 1, count: 3, others: 0x80000000 });
    expect([...out]).toEqual([0, 0x80000000, 7, 200, 0, 0]);
    widenLeaves({ ...parts, start: 3, count: 3, others: null });
    expect([...out]).toEqual([0, 0x80000000, 7, 200, none, 1]);
  });
});
