import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bitAt, eachNull } from '../../../src/table/columns/bitmap.ts';

it('tells every 0 of a stretch of bits once, in order, wherever it begins', () => {
  const byte = fc.oneof(fc.constant(255), fc.nat(255));
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      byte,
      fc.nat(30),
      (bytes, b, at) => {
        const bits = bytes.map((value, i) => (i % 3 === 0 ? value : b));
        const offset = Math.min(at, 8 * bits.length);
        const length = 8 * bits.length - offset;
        const told: number[] = [];
        eachNull(bits, offset, length, (row) => told.push(row));
        const rows = Array.from({ length }, (_, row) => row);
        expect(told).toEqual(rows.filter((row) => bitAt(bits, offset + row) === 0));
      },
    ),
  );
});
