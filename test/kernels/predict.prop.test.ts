import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryDraws, arbitraryRows, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();

/** A node of a test tree; a leaf has left 0. bin: the highest value bin that goes left. */
interface TestNode {
  feature: number;
  bin: number;
  missingLeft: boolean;
  left: number;
}

function drawTree(draws: Draws, numSplits: number, numFeatures: number): TestNode[] {
  const leaf = (): TestNode => ({ feature: 0, bin: 0, missingLeft: false, left: 0 });
  const nodes = [leaf()];
  for (let s = 0; s < numSplits; s++) {
    const at = draws.pick(nodes.map((_, i) => i).filter((i) => nodes[i]?.left === 0));
    const split = {
      feature: draws.below(numFeatures),
      bin: draws.below(254),
      missingLeft: draws.bool(),
    };
    nodes[at] = { ...split, left: nodes.length };
    nodes.push(leaf(), leaf());
  }
  return nodes;
}

const placeGeneral = (nodes: readonly TestNode[]) =>
  twins.u32(
    nodes.flatMap((node) => [node.feature * 2, node.bin, node.left, node.missingLeft ? 1 : 0]),
  );

function nodeByHand(nodes: readonly TestNode[], bins: readonly (number | null)[]): number {
  let at = 0;
  for (let node = nodes[0] as TestNode; node.left !== 0; node = nodes[at] as TestNode) {
    const bin = bins[node.feature] as number | null;
    const isLeft = bin === null ? node.missingLeft : bin <= node.bin;
    at = isLeft ? node.left : node.left + 1;
  }
  return at;
}

it('finds the node of each row on numeric splits and adds its value', () => {
  const splits = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, splits, (draws, numRows, numSplits) => {
      twins.clear();
      const numFeatures = 1 + draws.below(6);
      const nodes = drawTree(draws, numSplits, numFeatures);
      const rows = draws.list(numRows, () =>
        draws.list(numFeatures, () =>
          draws.bool(0.2) ? null : draws.pick([0, 254, draws.below(255)]),
        ),
      );
      const wide = twins.place(Uint16Array.from(rows.flat(), (bin) => bin ?? 65535));
      const values = nodes.map(() => draws.normal());
      const valuesAt = twins.f64(values);
      const step = draws.pick([8, 24]);
      const start = draws.list(numRows * 3, () => draws.normal());
      const sums = twins.f64(start);
      const [general, bits] = [placeGeneral(nodes), twins.zeros(8)] as const;
      const nodeOf = twins.zeros(numRows * 4);
      twins.run('findNodes', [wide, numFeatures * 2, numRows, general, bits, nodeOf]);
      twins.runOn('addNodeValues', [nodeOf, numRows, valuesAt, 1, sums, step]);
      const expected = rows.map((row) => nodeByHand(nodes, row));
      expect([...twins.u32At(nodeOf, numRows)]).toEqual(expected);
      for (const [i, node] of expected.entries()) {
        const wanted = (start[(i * step) / 8] as number) + (values[node] as number);
        expect(twins.result.f64(sums + i * step)).toBe(wanted);
      }
    }),
  );
});

it('sends categories by their bits, unseen and missing ones by the node', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, (draws, numRows) => {
      twins.clear();
      const numBins = draws.pick([0, 1, 31, 32, 33, 1 + draws.below(100)]);
      const words = draws.list(1 + (numBins >> 5), () => draws.bits());
      const before = draws.below(4);
      const bits = twins.u32([...draws.list(before, () => draws.bits()), ...words]);
      const flags = draws.below(4);
      const nodes = twins.u32([
        1,
        -1 - before,
        1,
        flags + 4 * numBins,
        ...[0, 0, 0, 0],
        ...[0, 0, 0, 0],
      ]);
      const bins = draws.list(numRows, () =>
        draws.pick([65535, 65534, numBins, draws.below(numBins + 1)]),
      );
      const rec = twins.zeros(numRows * 3 + 1);
      for (const [i, bin] of bins.entries()) twins.stage.setU16(rec + i * 3 + 1, bin);
      const out = twins.zeros(numRows * 4);
      twins.run('findNodes', [rec, 3, numRows, nodes, bits, out]);
      const wanted = bins.map((bin) => {
        if (bin === 65535) return flags & 1 ? 1 : 2;
        if (bin >= numBins) return flags & 2 ? 1 : 2;
        return ((words[bin >> 5] as number) >>> (bin & 31)) & 1 ? 1 : 2;
      });
      expect([...twins.u32At(out, numRows)]).toEqual(wanted);
    }),
  );
});

it('adds every output of a node to its row', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      fc.integer({ min: 1, max: 5 }),
      (draws, numRows, numOutputs) => {
        twins.clear();
        const nodes = draws.list(numRows, () => draws.below(7));
        const values = draws.list(7 * numOutputs, () => draws.float(0.2));
        const start = draws.list(numRows * numOutputs, () => draws.float(0.1));
        const [nodeOf, valuesAt, sums] = [
          twins.u32(nodes),
          twins.f64(values),
          twins.f64(start),
        ] as const;
        twins.run(
          'addNodeValues',
          [nodeOf, numRows, valuesAt, numOutputs, sums, numOutputs * 8],
          true,
        );
        const wanted = start.map((sum, j) => {
          const node = nodes[Math.floor(j / numOutputs)] as number;
          return sum + (values[node * numOutputs + (j % numOutputs)] as number);
        });
        expect([...twins.f64At(sums, wanted.length)]).toEqual(wanted);
      },
    ),
  );
});
