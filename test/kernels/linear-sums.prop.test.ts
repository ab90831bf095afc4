import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryDraws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const lengths = fc.integer({ min: 0, max: 70 });

it('adds a scaled column to the margins', () => {
  fc.assert(
    fc.property(arbitraryDraws, lengths, (draws, count) => {
      twins.clear();
      const column = draws.list(count, () => draws.normal());
      const before = draws.list(count, () => draws.normal());
      const factor = draws.normal();
      const columnAt = twins.f64([...column, 0]);
      const out = twins.f64([...before, 0]);
      twins.run('addScaled', [columnAt, count, factor, out]);
      expect([...twins.f64At(out, count)]).toEqual(
        before.map((value, i) => value + factor * (column[i] as number)),
      );
    }),
    { numRuns: 200 },
  );
});

it('sums products on two grids, in any order', () => {
  fc.assert(
    fc.property(arbitraryDraws, lengths, (draws, count) => {
      twins.clear();
      const a = draws.list(count, () => draws.normal());
      const b = draws.list(count, () => 1000 * draws.normal());
      const grid = 2 ** (20 - 45);
      const magic = [1.5 * 2 ** 52 * grid, 1.5 * 2 ** 52 * grid * 2 ** -45];
      const run = (order: readonly number[]): number[] => {
        twins.clear();
        const aAt = twins.f64([...order.map((i) => a[i] as number), 0]);
        const bAt = twins.f64([...order.map((i) => b[i] as number), 0]);
        const sums = twins.f64([0, 0]);
        twins.run('foldedDot', [aAt, bAt, count, twins.f64(magic), sums]);
        return [...twins.f64At(sums, 2)];
      };
      const order = a.map((_, i) => i);
      const [high = 0, low = 0] = run(order);
      expect(run(order.reverse())).toEqual([high, low]);
      const plain = a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
      expect(high + low).toBeCloseTo(plain, 8);
    }),
    { numRuns: 200 },
  );
});
