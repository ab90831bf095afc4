import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mix32 } from '../../../src/base/rng.ts';
import { InlineCollective } from '../../../src/cluster/inline/inline-collective.ts';
import { newKernelMemory } from '../../../src/kernels/choose.ts';
import { RankEnvironment } from '../../../src/training/rank-environment.ts';
import { selectTop } from '../../../src/training/sampling/select-top.ts';

const environment = new RankEnvironment(
  { collective: new InlineCollective(), memory: newKernelMemory(65536), notify: () => undefined },
  'reference',
);

const word = fc.oneof(fc.constantFrom(0, 1, 0x80000000, 0xffffffff), fc.nat(0xffffffff));

describe('the rows with the largest keys', () => {
  it('are those of a sort, exactly as many of each group as are wanted, and all that tie', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(word, word, fc.nat(2)), { maxLength: 60 }),
        fc.tuple(fc.nat(30), fc.nat(30), fc.nat(70)),
        async (rows, wanted) => {
          const chosen = await selectTop(
            environment,
            {
              words: [
                Uint32Array.from(rows, ([high]) => high),
                Uint32Array.from(rows, ([, low]) => low),
              ],
              groups: Uint32Array.from(rows, ([, , group]) => group),
              numGroups: 3,
              members: null,
            },
            wanted,
          );
          const keyOf = (i: number): bigint => {
            const [high = 0, low = 0] = rows[i] ?? [];
            return (BigInt(high) << 32n) | BigInt(low);
          };
          wanted.forEach((count, group) => {
            const own = rows.flatMap(([, , g], i) => (g === group ? [i] : []));
            const sorted = own.map(keyOf).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
            const border =
              count === 0 ? null : (sorted[Math.min(count, sorted.length) - 1] ?? null);
            for (const i of own) {
              expect(chosen[i]).toBe(border !== null && keyOf(i) >= border ? 1 : 0);
            }
          });
        },
      ),
    );
  });

  it('are looked for among the members only', async () => {
    const words = [Uint32Array.of(9, 8, 7, 6, 5)];
    const rows = { words, groups: null, numGroups: 1, members: Uint32Array.of(1, 3, 4) };
    expect([...(await selectTop(environment, rows, [2]))]).toEqual([0, 1, 0, 1, 0]);
  });
});

it('the key by which a row is drawn hashes to the largest number, and 0 to 0', () => {
  expect(mix32(0xd5f9efc4)).toBe(0xffffffff);
  expect(mix32(0)).toBe(0);
});
