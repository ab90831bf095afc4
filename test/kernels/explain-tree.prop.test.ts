import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gaussLegendre } from '../../src/base/gauss-legendre.ts';
import { arbitraryDraws, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const numSlots = 4;
const nodeBytes = 40;

/** Lays a random tree out; the categories' bits are two words at `bits`. */
function placeTree(
  draws: Draws,
  numSplits: number,
): { nodes: number; count: number; depth: number } {
  const links = [{ left: 0, depth: 0 }];
  const at = (node: number): number => nodes + node * nodeBytes;
  const nodes = twins.zeros((1 + 2 * numSplits) * nodeBytes);
  for (let s = 0; s < numSplits; s++) {
    const open = links.map((_, i) => i).filter((i) => links[i]?.left === 0);
    const node = draws.bool() ? (open.at(-1) as number) : draws.pick(open);
    const { depth } = links[node] as { depth: number };
    const slot = draws.below(numSlots);
    const isCategory = slot === 3;
    twins.stage.setU32(at(node), slot);
    twins.stage.setU32(at(node) + 4, links.length);
    twins.stage.setU32(at(node) + 8, draws.below(4) + (isCategory ? 4 : 0));
    if (isCategory) twins.stage.setU32(at(node) + 16, draws.pick([0, 1, 32, 40]));
    else twins.stage.setF64(at(node) + 16, draws.pick([0, draws.normal(), Infinity]));
    const share = draws.pick([0, 0.5, draws.unit(), 1]);
    twins.stage.setF64(at(node) + 24, share);
    twins.stage.setF64(at(node) + 32, 1 - share);
    links[node] = { left: links.length, depth };
    links.push({ left: 0, depth: depth + 1 }, { left: 0, depth: depth + 1 });
  }
  const depth = links.reduce((most, link) => Math.max(most, link.depth), 0);
  return { nodes, count: links.length, depth };
}

it('adds the same bits to the values as its twin, whatever the rows, and finite ones', () => {
  const numRows = fc.constantFrom(0, 1, 2, 15, 16, 17, 33);
  const splits = fc.integer({ min: 1, max: 14 });
  fc.assert(
    fc.property(arbitraryDraws, numRows, splits, (draws, rows, numSplits) => {
      twins.clear();
      const { nodes, count, depth } = placeTree(draws, numSplits);
      const numOutputs = 1 + draws.below(3);
      const n = 2 + 2 * draws.below(3);
      const { nodes: t, complements, weights } = gaussLegendre(n);
      const bits = twins.u32([draws.bits(), draws.bits()]);
      const values = twins.f64(draws.list(count * numOutputs, () => draws.normal()));
      const numbers = draws.list(numSlots * 40, () => draws.float(0.3));
      numbers.fill(0, 120);
      for (let i = 120; i < 160; i++) numbers[i] = draws.pick([-1, Number.NaN, draws.below(50)]);
      const columns = twins.f64(numbers);
      const rule = twins.f64([...t, ...complements, ...weights]);
      const levels = twins.zeros(4 * numSlots);
      const frameBytes = 64 + 48 * n + 128 * n * (1 + numOutputs);
      const frames = twins.zeros(frameBytes * (depth + 1));
      const outputStep = 8 * numSlots;
      const rowStep = numOutputs * outputStep + 8;
      const out = twins.f64(draws.list((rows * rowStep) / 8, () => draws.normal()));
      const fields = [nodes, bits, values, numOutputs, columns, 320, rule, n, levels, frames];
      const struct = twins.u32([...fields, frameBytes, rowStep, outputStep, out, 0, 0]);
      twins.run('explainTree', [struct, rows]);
      expect(twins.f64At(out, (rows * rowStep) / 8).every(Number.isFinite)).toBe(true);
      expect([...twins.u32At(levels, numSlots)]).toEqual([0, 0, 0, 0]);
    }),
    { numRuns: 150 },
  );
});
