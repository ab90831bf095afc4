import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mix32 } from '../../src/base/rng.ts';
import { arbitraryDraws, arbitraryRows } from './draws.ts';
import { drawForestRows, freeSetting, placeForest } from './forest-case.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const padding = fc.constantFrom(0, 20, 70);

describe('the features of a node', () => {
  it('are drawn without repetition over the attempts, the same at any order of calls', () => {
    fc.assert(
      fc.property(arbitraryDraws, fc.integer({ min: 1, max: 40 }), (draws, numDrawn) => {
        twins.clear();
        const rows = drawForestRows(draws, 1, freeSetting, {
          ...{ most: 60, values: [2, 300] },
          category: () => true,
        });
        const numFeatures = rows.features.length;
        const setting = { ...freeSetting, numDrawn: numDrawn >= numFeatures ? 0 : numDrawn };
        const { plan } = placeForest(twins, rows, setting);
        twins.run('drawFeatures', [plan, 1, 0]);
        const chosen = twins.result.u32(plan + 52);
        const drawn = (key: number, attempt: number): number[] => {
          const count = twins.runOn('drawFeatures', [plan, key, attempt]);
          return Array.from({ length: count }, (_, i) => twins.result.i32(chosen + 32 * i));
        };
        const key = draws.bits();
        const attempts: number[][] = [];
        for (let attempt = 0; ; attempt++) {
          const found = drawn(key, attempt);
          if (found.length === 0) break;
          attempts.push(found);
        }
        expect(attempts.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: numFeatures }, (_, i) => i),
        );
        // another node in between changes nothing
        for (const [attempt, found] of [...attempts.entries()].reverse()) {
          drawn(key ^ 1, 0);
          expect(drawn(key, attempt)).toEqual(found);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the rows of a node', () => {
  it('go to their sides with their ids, none lost and none twice', () => {
    fc.assert(
      fc.property(
        arbitraryDraws,
        arbitraryRows,
        padding,
        fc.boolean(),
        (draws, numRows, extra, hasIds) => {
          twins.clear();
          const kind = draws.pick(['two classes', 'numbers'] as const);
          const setting = { ...freeSetting, kind, numClasses: 2 };
          const rows = drawForestRows(draws, numRows, setting, {
            ...{ most: 3, values: [2, 9, 255] },
            category: () => false,
          });
          const node = placeForest(twins, rows, setting, extra);
          const place = draws.below(rows.features.length);
          const { numValues, bins } = node.features[place] as (typeof rows.features)[number];
          const isByTable = draws.bool();
          const cut = draws.below(numValues);
          const missingLeft = draws.below(2);
          const table = Uint8Array.from({ length: 256 }, () => draws.below(2));
          const goesLeft = twins.place(table);
          const ids = twins.u32(Array.from({ length: numRows }, () => draws.bits()));
          const target = twins.zeros(numRows * node.stride + 16);
          const targetIds = twins.zeros(numRows * 4);
          const numLeft = twins.run('splitForestRows', [
            ...[node.plan, node.rows, hasIds ? ids : 0, numRows, target, hasIds ? targetIds : 0],
            ...[place, isByTable ? -1 : cut, missingLeft, goesLeft],
          ]);
          const isLeft = bins.map((bin) =>
            isByTable ? table[bin ?? 255] === 1 : bin === null ? missingLeft === 1 : bin <= cut,
          );
          expect(numLeft).toBe(isLeft.filter((left) => left).length);
          const all = isLeft.map((_, i) => i);
          const order = [
            ...all.filter((i) => isLeft[i]),
            ...all.filter((i) => !isLeft[i]).reverse(),
          ];
          const { bytes } = twins.result;
          order.forEach((from, to) => {
            const moved = bytes.slice(target + to * node.stride, target + (to + 1) * node.stride);
            const at = node.rows + from * node.stride;
            expect(moved).toEqual(bytes.slice(at, at + node.stride));
            if (!hasIds) return;
            expect(twins.result.u32(targetIds + 4 * to)).toBe(twins.result.u32(ids + 4 * from));
          });
        },
      ),
      { numRuns: 120 },
    );
  });
});

describe('the rows of a tree', () => {
  it('are drawn as often as their bits reach the thresholds of their class', () => {
    fc.assert(
      fc.property(arbitraryDraws, arbitraryRows, fc.boolean(), (draws, numRows, byClass) => {
        twins.clear();
        const keys = draws.list(numRows, () => draws.bits());
        const classes = draws.list(numRows, () => draws.below(3));
        const thresholds = draws.list(3, () =>
          draws.list(4, () => draws.bits()).sort((a, b) => a - b),
        );
        const counts = twins.zeros(numRows);
        const treeKey = draws.bits();
        twins.run('drawCounts', [
          ...[twins.u32(keys), numRows, treeKey, twins.u32(thresholds.flat()), 4],
          ...[byClass ? twins.f64(classes) : 0, counts],
        ]);
        const found = twins.result.bytes.slice(counts, counts + numRows);
        keys.forEach((key, i) => {
          const limits = thresholds[byClass ? (classes[i] as number) : 0] as number[];
          const bits = mix32(key ^ treeKey);
          expect(found[i]).toBe(limits.filter((limit) => bits >= limit).length);
        });
      }),
    );
  });

  it('are copied side by side, with their counts in their slots', () => {
    fc.assert(
      fc.property(
        ...[arbitraryDraws, arbitraryRows, padding, fc.boolean()],
        (draws, numRows, extra, isNumber) => {
          const hasIds = draws.bool();
          twins.clear();
          const several = draws.pick([1, 2, 4]);
          const kind = isNumber ? (several === 1 ? 'number' : 'numbers') : 'classes';
          const setting = { ...freeSetting, kind, numClasses: isNumber ? several : 3 } as const;
          const rows = drawForestRows(draws, numRows, setting, {
            ...{ most: 3, values: [2, 9] },
            category: () => false,
          });
          const { plan, rows: at, layout, stride } = placeForest(twins, rows, setting, extra);
          const isWhole = twins.stage.u32(plan + 20) === 0;
          const records = isWhole ? at : twins.stage.u32(plan + 20);
          const first = draws.below(numRows + 1);
          const given = draws.list(numRows - first, () => draws.pick([0, 0, 1, 2, 12]));
          const factors = draws.bool() && !isNumber ? [0.25, 1, 0.1] : null;
          const target = twins.scratch((given.length + 1) * stride);
          const ids = twins.scratch((given.length + 1) * 4);
          const drawn = twins.run('copyDrawn', [
            ...[plan, records, layout.stride, layout.slotOffset, first, given.length],
            ...[twins.place(Uint8Array.from(given)), factors === null ? 0 : twins.f64(factors)],
            ...[target, hasIds ? ids : 0],
          ]);
          const kept = given.flatMap((count, i) => (count > 0 ? [first + i] : []));
          expect(drawn).toBe(kept.length);
          const view = twins.result;
          const slotAt = isWhole ? layout.slotOffset : 0;
          kept.forEach((row, i) => {
            const slot = target + i * stride + slotAt;
            const count = given[row - first] as number;
            const [x, h] = [rows.x[row] as number, rows.h[row] as number];
            if (isNumber) {
              expect([view.i32(slot), view.u32(slot + 4)]).toEqual([x * count, h * count]);
              rows.others?.forEach((column, k) => {
                expect(view.i32(slot + 8 + 4 * k)).toBe((column[row] as number) * count);
              });
            } else {
              const weight = h * count * (factors?.[x] ?? 1);
              expect(view.u32(slot) >>> 16).toBe(x);
              expect(Math.abs((view.u32(slot) & 0xffff) - Math.max(1, weight))).toBeLessThan(0.51);
            }
            if (hasIds) expect(view.u32(ids + 4 * i)).toBe(row);
            if (!isWhole) expect(view.u32(slot + layout.slotBytes)).toBe(row);
            else expect(view.u8(target + i * stride)).toBe(view.u8(records + row * stride));
          });
        },
      ),
    );
  });
});
