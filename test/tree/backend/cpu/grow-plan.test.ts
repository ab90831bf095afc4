/** The plan of a tree that a kernel grows: both sides must agree where everything lies, and nothing may overlap. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BinnedFeature, layoutRecords } from '../../../../src/binning/binned-layout.ts';
import {
  gateBytes,
  gateWord,
  nodeBytes,
  nodeFloat,
  nodeWord,
  placeGrowing,
  planBytes,
  planFloat,
  planWord,
} from '../../../../src/tree/backend/cpu/grow-plan.ts';

const source = readFileSync(
  new URL('../../../../wasm/assembly/grow-plan.ts', import.meta.url),
  'utf8',
);
const offsets = new Map(
  [...source.matchAll(/export const (\w+): usize = (\d+);/g)].map(([, name, value]) => [
    name as string,
    Number(value),
  ]),
);

/** The kernel's offset of a field, by the name that it has here. */
function offsetOf(prefix: string, name: string): number | undefined {
  return offsets.get(prefix + name[0]?.toUpperCase() + name.slice(1));
}

const feature = (index: number, kind: 'numeric' | 'category', numBins: number): BinnedFeature => ({
  name: `x${index}`,
  index,
  kind,
  edges: Float64Array.from({ length: numBins - 1 }, (_, i) => i),
  categories: Array.from({ length: numBins }, (_, i) => `c${i}`),
  isFloat32: false,
});

describe('the plan of a tree that a kernel grows', () => {
  it('has every field where the kernel looks for it', () => {
    for (const [name, word] of Object.entries(planWord)) {
      expect([name, offsetOf('at', name)]).toEqual([name, 4 * word]);
    }
    for (const [name, float] of Object.entries(planFloat)) {
      expect([name, offsetOf('at', name)]).toEqual([name, 8 * float]);
    }
    for (const [name, word] of Object.entries(nodeWord)) {
      expect([name, offsetOf('of', name)]).toEqual([name, 4 * word]);
    }
    for (const [name, float] of Object.entries(nodeFloat)) {
      expect([name, offsetOf('of', name)]).toEqual([name, 8 * float]);
    }
    expect(offsets.get('nodeBytes')).toBe(nodeBytes);
    const fields = [...offsets].filter(([name]) => name.startsWith('at'));
    for (const [name, offset] of fields)
      expect([name, offset + 8 <= planBytes]).toEqual([name, true]);
  });

  it('has the gate where kernels wait at it', () => {
    const gate = readFileSync(
      new URL('../../../../wasm/assembly/gang-gate.ts', import.meta.url),
      'utf8',
    );
    for (const [name, word] of Object.entries(gateWord)) {
      expect(gate).toMatch(new RegExp(`^//\\s+${4 * word} ${name} `, 'm'));
    }
    expect(gateBytes).toBeGreaterThanOrEqual(64 + 4);
  });

  it.each([
    { numRanks: 1, numAll: 1, numOthers: 0, isByLevel: false },
    { numRanks: 3, numAll: 3, numOthers: 0, isByLevel: false },
    { numRanks: 3, numAll: 3, numOthers: 0, isByLevel: true },
    { numRanks: 3, numAll: 3, numOthers: 0, isByLevel: false, windowRows: 100 },
    { numRanks: 2, numAll: 5, numOthers: 2, isByLevel: false },
    { numRanks: 1, numAll: 3, numOthers: 2, isByLevel: false },
  ])(
    'keeps everything apart, with room for the widest feature and the most leaves: %o',
    ({ numRanks, numAll, numOthers, isByLevel, windowRows = 0 }) => {
      const features = [
        feature(0, 'numeric', 255),
        feature(1, 'category', 254),
        feature(2, 'category', 1000),
      ];
      const layout = layoutRecords(features, [false, true, true], 4);
      const ranks = { numRanks, numAll, numOthers };
      const sizes = { maxLeaves: 31, poolSlots: 40, maxPairs: 6, isByLevel, windowRows, ...ranks };
      const { end, bitsBytes, foundBytes, ...all } = placeGrowing(640, layout, sizes);
      const { madeNodes, madeBits, ...others } = all;
      // of a rank that is alone, and level by level, nodes are the tree's where they are made
      const isInOrder = numAll === 1 || isByLevel;
      const at = isInOrder ? others : all;
      if (isInOrder) expect([madeNodes, madeBits]).toEqual([all.nodes, all.bits]);
      const room: Record<keyof typeof all, number> = {
        gate: 68,
        plan: planBytes,
        // float64[8] and int32[4]; int64[2]; one address; float64[5]
        params: 80,
        totals: 16,
        parts: 4 * numRanks,
        settling: 40,
        mask: 3,
        // the head of a candidate, a bit for each of 1,000 bins and the missing one in words of 64, and rows
        found: 2 * 6 * (64 + 128 + 8),
        // a ratio and a number for each bin and the missing one
        order: 12 * 1001,
        wideFeature: 16 * 1002,
        numbers: 4 * 1001,
        // sums of 256 bins, a byte for each, and what each of the most rows adds
        rowScratch: numAll === 1 ? 16 * 256 + 256 + 16 * 512 : 0,
        sides: 65_537,
        heap: 4 * 31,
        free: 4 * 40,
        // pairs, and for each of them two histograms
        batch: 16 * (6 + 2 * 6),
        seen: 4 * 31,
        frontier: windowRows > 0 ? 4 * 31 : 0,
        // 30 pairs of the tree's, and of its 31 leaves each may be split ahead
        madeNodes: nodeBytes * (61 + 62),
        madeBits: 128 * (61 + 62),
        nodes: nodeBytes * 61,
        bits: 128 * 61,
        // a message for each rank elsewhere, and one of each process there
        outgoing: 16 * (numAll - numRanks),
        incoming: 8 * numOthers,
        // rows of each node in each other process
        elsewhere: 4 * (61 + 62) * numOthers,
        // the candidates of all, and behind those of a root its sums
        gathered: numOthers === 0 ? 0 : numAll * (2 * 6 * 200 + 16),
        far: numOthers === 0 ? 0 : 4 * (61 + 62),
      };
      expect([bitsBytes, foundBytes]).toEqual([128, 200]);
      const spans = Object.entries(at)
        .map(([name, begin]) => ({ name, begin, end: begin + room[name as keyof typeof at] }))
        .sort((a, b) => a.begin - b.begin);
      let free = 640;
      for (const span of spans) {
        expect([span.name, span.begin >= free]).toEqual([span.name, true]);
        free = span.end;
      }
      expect(free).toBeLessThanOrEqual(end);
    },
  );
});
