import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsOf, RowCosts } from '../../../../src/tree/backend/cpu/row-costs.ts';
import { newLeaf } from '../../../../src/tree/tree.ts';
import { range } from '../../../tools/random-data.ts';

/** A tree that asks for features on the way to the first of its leaves, one after another. */
function chain(features: readonly number[]) {
  const nodes = range(2 * features.length + 1).map(() => newLeaf(0, 0));
  const leaves: { index: number }[] = [];
  features.forEach((feature, k) => {
    Object.assign(nodes[k === 0 ? 0 : 2 * k - 1] as object, { feature, leftChild: 2 * k + 1 });
    leaves.push({ index: 2 * k + 2 });
  });
  leaves.push({ index: Math.max(0, 2 * features.length - 1) });
  // leaf k: what the first k + 1 splits ask for, the last one all of it
  const met = (leaf: number): readonly number[] => features.slice(0, leaf + 1);
  return { tree: { nodes }, leaves, met };
}

const setups = fc
  .record({
    numFeatures: fc.integer({ min: 1, max: 19 }),
    numRows: fc.constantFrom(1, 40, 254, 255, 256, 700),
    start: fc.nat(5),
    seed: fc.nat(),
  })
  .chain((setup) =>
    fc.record({
      ...Object.fromEntries(Object.entries(setup).map(([key, value]) => [key, fc.constant(value)])),
      costs: fc.array(fc.constantFrom(0, 0.5, 2), {
        minLength: setup.numFeatures,
        maxLength: setup.numFeatures,
      }),
      trees: fc.array(fc.array(fc.nat(setup.numFeatures - 1), { maxLength: 5 }), { maxLength: 4 }),
    }),
  ) as fc.Arbitrary<{
  numRows: number;
  start: number;
  seed: number;
  costs: number[];
  trees: number[][];
}>;

describe('RowCosts', () => {
  it('counts the rows that have not met a feature, as sets do, also where it begins with counts of trees', () => {
    fc.assert(
      fc.property(setups, ({ numRows, start, seed, costs, trees }) => {
        const rows = { start, count: numRows };
        const own = new RowCosts(costs, rows, null);
        const counted = costs.flatMap((cost, f) => (cost > 0 ? [f] : []));
        const sets = range(numRows).map(() => new Set<number>());
        const digitBits = 3;
        const perColumn = digitsOf(digitBits);
        const columns = range(Math.ceil(counted.length / perColumn)).map(
          () => new Float64Array(numRows),
        );
        trees.forEach((features, t) => {
          const { tree, leaves, met } = chain(features);
          const leafOf = Uint32Array.from(
            range(numRows),
            (i) => (i * 7 + seed + t) % leaves.length,
          );
          own.meet(tree as never, leaves, leafOf);
          leafOf.forEach((leaf, i) => {
            const way = new Set(met(leaf));
            for (const feature of way) (sets[i] as Set<number>).add(feature);
            counted.forEach((feature, slot) => {
              const column = columns[Math.floor(slot / perColumn)] as Float64Array;
              const unit = 2 ** (digitBits * (slot % perColumn));
              if (way.has(feature)) column[i] = (column[i] as number) + unit;
            });
          });
        });
        const begun = new RowCosts(costs, rows, { columns, digitBits });
        const some = range(numRows).filter((i) => (i * 5 + seed) % 3 !== 0);
        const ids = Uint32Array.from(some, (i) => i + start);
        for (const costsOfRows of [own, begun]) {
          const ofSome = new BigInt64Array(counted.length);
          costsOfRows.countUnmet(ids, 0, ids.length, ofSome);
          const ofRun = new BigInt64Array(counted.length);
          costsOfRows.countUnmet(null, start, numRows, ofRun);
          counted.forEach((feature, slot) => {
            const lacks = (i: number): boolean => sets[i]?.has(feature) !== true;
            expect(Number(ofSome[slot])).toBe(some.filter(lacks).length);
            expect(Number(ofRun[slot])).toBe(range(numRows).filter(lacks).length);
          });
          const unmet = Float64Array.from(ofRun, Number);
          costs.forEach((cost, feature) => {
            const slot = counted.indexOf(feature);
            expect(costsOfRows.of(feature, unmet)).toBe(
              slot < 0 ? 0 : cost * (unmet[slot] as number),
            );
          });
        }
      }),
    );
  });
});
