import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryDraws, arbitraryRows, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const nastiness = fc.constantFrom(0, 0.3);
const notDrawn = 0x80000000;

/** Leaf numbers, some rows flagged as not drawn: none, a few, or a fifth. */
function drawLeaves(draws: Draws, numRows: number, numLeaves: number): number[] {
  const share = draws.pick([0, 0.01, 0.2]);
  return draws.list(numRows, () => draws.below(numLeaves) + (draws.bool(share) ? notDrawn : 0));
}

it('marks the rows of a leaf', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, (draws, numRows) => {
      twins.clear();
      const listed = draws.bool() && numRows > 0;
      const ids = listed ? draws.list(draws.below(numRows), () => draws.below(numRows)) : [];
      const firstId = listed ? 0 : draws.below(numRows + 1);
      const count = listed ? ids.length : numRows - firstId;
      const idsAt = listed ? twins.u32(ids) : 0;
      const leafOf = twins.zeros(numRows * 4);
      twins.run('markLeaf', [idsAt, firstId, count, 9, leafOf]);
      const marked = [...twins.u32At(leafOf, numRows)].map((leaf) => leaf === 9);
      const rows = listed
        ? new Set(ids)
        : new Set(Array.from({ length: count }, (_, i) => firstId + i));
      expect(marked).toEqual(marked.map((_, i) => rows.has(i)));
    }),
  );
});

it('sums leaves in fixed point as the twin does, near the limits of int64 too', () => {
  const scale = fc.constantFrom(1, 2 ** 30, 2 ** -30, -1, 1e300);
  const edges = [2 ** 63, -(2 ** 63), 2 ** 63 - 1024, -(2 ** 63) - 2048, 2 ** 53 + 2, -(2 ** 32)];
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      nastiness,
      scale,
      (draws, numRows, nasty, gradScale) => {
        twins.clear();
        const leafOf = twins.u32(drawLeaves(draws, numRows, 4));
        const grads = twins.f64(
          draws.list(numRows, () => (draws.bool(nasty) ? draws.pick(edges) : draws.float(nasty))),
        );
        const hesses = twins.f64(
          draws.list(numRows, () => (draws.bool(nasty) ? draws.pick(edges) : draws.float(nasty))),
        );
        const limits = [0n, 0x7fffffffffffffffn, -0x8000000000000000n, 0xffffffffn];
        const sums = twins.i64(draws.list(16, () => draws.pick(limits)));
        twins.run('leafSums', [leafOf, grads, hesses, numRows, gradScale, 0.5, sums]);
      },
    ),
  );
});

// a sum of fixed-point pairs is the same for any order, and within 2^-32 a row of the exact sum
it('gives a leaf the same sum in any order of its rows, close to the true sum', () => {
  fc.assert(
    fc.property(arbitraryDraws, fc.integer({ min: 1, max: 200 }), (draws, numRows) => {
      const terms = draws.list(numRows, () => draws.normal() * 1000);
      const sumOf = (values: readonly number[]) => {
        twins.clear();
        const [leafOf, at] = [twins.zeros(numRows * 4), twins.f64(values)] as const;
        const sums = twins.zeros(32);
        twins.run('leafSums', [leafOf, at, at, numRows, 1, 1, sums]);
        return twins.i64At(sums, 4);
      };
      const sums = sumOf(terms);
      expect(sumOf([...terms].reverse())).toEqual(sums);
      const exact = ((sums[0] as bigint) << 32n) + (sums[1] as bigint);
      const wanted = terms.reduce((sum, term) => sum + BigInt(Math.floor(term * 2 ** 32)), 0n);
      expect(exact).toBe(wanted);
    }),
  );
});

it('sums the rows of a forest leaf, as often as each was drawn', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      nastiness,
      fc.boolean(),
      (draws, numRows, nasty, weighted) => {
        twins.clear();
        const step = draws.pick([4, 8, 16]);
        const words = draws.list((numRows * step) / 4, () => draws.below(numRows));
        const ids = twins.u32(words);
        const counts = twins.place(
          Uint8Array.from({ length: numRows }, () => draws.pick([0, 1, 2, 255])),
        );
        const labels = twins.f64(draws.list(numRows, () => draws.float(nasty)));
        const weights = weighted ? twins.f64(draws.list(numRows, () => draws.float(nasty))) : 0;
        const sums = twins.i64(draws.list(4, () => draws.int64()));
        const head = [ids, step, numRows, counts, labels, weights];
        twins.run('leafTotals', [...head, 2 ** 20, 2 ** 10, sums]);
      },
    ),
  );
});

it('adds the value of its leaf to every score, drawn or not', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, nastiness, (draws, numRows, nasty) => {
      twins.clear();
      const leaves = drawLeaves(draws, numRows, 5);
      const values = draws.list(5, () => draws.float(nasty));
      const before = draws.list(numRows, () => draws.float(nasty));
      const [leafOf, valuesAt, scores] = [
        twins.u32(leaves),
        twins.f64(values),
        twins.f64(before),
      ] as const;
      twins.run('addLeafValues', [leafOf, valuesAt, scores, numRows], true);
      const wanted = before.map(
        (score, i) => score + (values[(leaves[i] as number) % notDrawn] as number),
      );
      expect([...twins.f64At(scores, numRows)]).toEqual(wanted);
    }),
  );
});

it('walks records to their leaves, by one-byte and two-byte bins', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      fc.integer({ min: 0, max: 20 }),
      (draws, numRows, numSplits) => {
        twins.clear();
        const stride = 16;
        const bytes = Uint8Array.from({ length: numRows * stride }, () => draws.below(256));
        const rec = twins.place(bytes);
        const isLeafNode = 0xffffffff;
        // nodes: place, table or leaf index, left, right; a random leaf is split each time
        const nodes: [number, number, number, number][] = [[isLeafNode, 0, 0, 0]];
        const tables: Uint8Array[] = [];
        for (let s = 0; s < numSplits; s++) {
          const leaves = nodes.map((_, i) => i).filter((i) => nodes[i]?.[0] === isLeafNode);
          const at = draws.pick(leaves);
          const width = draws.pick([1, 2]);
          const table = Uint8Array.from({ length: width === 1 ? 256 : 65536 }, () =>
            draws.below(2),
          );
          tables.push(table);
          nodes[at] = [
            draws.below(15) + width * 2 ** 24,
            twins.place(table),
            nodes.length,
            nodes.length + 1,
          ];
          nodes.push([isLeafNode, 2 * s + 1, 0, 0], [isLeafNode, 2 * s + 2, 0, 0]);
        }
        const nodesAt = twins.u32(nodes.flat());
        const before = draws.list(numRows, () => (draws.bool() ? notDrawn : 3));
        const leafOf = twins.u32(before);
        const onlyFlagged = draws.bool();
        twins.run('findLeaves', [
          rec,
          stride,
          numRows,
          nodesAt,
          notDrawn,
          onlyFlagged ? 1 : 0,
          leafOf,
        ]);
        const found = twins.u32At(leafOf, numRows);
        for (let i = 0; i < numRows; i++) {
          if (onlyFlagged && before[i] === 3) expect(found[i]).toBe(3);
          else
            expect(found[i]).toBe(
              (leafByHand(nodes, bytes.subarray(i * stride), twins) | notDrawn) >>> 0,
            );
        }
      },
    ),
    { numRuns: 50 },
  );
});

function leafByHand(
  nodes: readonly (readonly [number, number, number, number])[],
  record: Uint8Array,
  memories: TwinMemories,
): number {
  let node = nodes[0] as readonly [number, number, number, number];
  while (node[0] !== 0xffffffff) {
    const offset = node[0] % 2 ** 24;
    const isByte = Math.floor(node[0] / 2 ** 24) === 1;
    const bin = (record[offset] as number) + (isByte ? 0 : (record[offset + 1] as number) * 256);
    const goesLeft = memories.stage.u8(node[1] + bin) === 1;
    node = nodes[goesLeft ? node[2] : node[3]] as readonly [number, number, number, number];
  }
  return node[1];
}
