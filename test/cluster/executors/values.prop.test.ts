/** Values cross to executors as structured clone would carry them, and bytes that are none are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../../src/base/errors.ts';
import { decodeValue } from '../../../src/cluster/executors/decode-value.ts';
import { encodeValue, joinPieces } from '../../../src/cluster/executors/encode-value.ts';

const crossed = (value: unknown): unknown => decodeValue(joinPieces(encodeValue(value)));

const plain = fc.anything({
  withBigInt: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withBoxedValues: false,
  withNullPrototype: false,
  withObjectString: false,
});

describe('values for executors', () => {
  it('arrive as they were', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(crossed(value)).toEqual(value);
      }),
      { numRuns: 400 },
    );
  });

  it('keep every bit of numbers', () => {
    for (const value of [-0, Number.NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53 - 1), 5e-324]) {
      expect(crossed(value)).toBe(value);
    }
  });

  it('share what was shared, and arrive in shared memory', () => {
    const memory = new SharedArrayBuffer(64);
    const spec = { name: 'a' };
    const rows = [
      { spec, values: new Float64Array(memory, 8, 3), whole: new Uint8Array(memory) },
      { spec, values: new Float64Array(memory, 8, 3), whole: new Uint8Array(memory) },
    ];
    const bytesOf = (value: unknown): number => joinPieces(encodeValue(value)).length;
    expect(bytesOf(rows)).toBeLessThan(bytesOf(rows.slice(1)) + 64);
    const [first, second] = crossed(rows) as typeof rows;
    expect(first?.spec).toBe(second?.spec);
    expect(first?.values).toBe(second?.values);
    expect(first?.values.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('cannot reach a prototype', () => {
    const value = JSON.parse('{"__proto__": {"isAdmin": true}}') as object;
    const found = crossed(value) as { isAdmin?: boolean };
    expect(found.isAdmin).toBeUndefined();
    expect(Object.keys(found)).toEqual(['__proto__']);
  });

  it('are data: a function does not cross', () => {
    expect(() => encodeValue([() => 1])).toThrow(/plain data; got a function/);
  });

  it('are refused when they are random bytes, or cut or changed', () => {
    const good = joinPieces(
      encodeValue({ a: [1, 'two', new Float32Array(5)], b: new Map([[1, 2]]) }),
    );
    const outcome = (bytes: Uint8Array): string => {
      try {
        decodeValue(bytes);
        return 'read';
      } catch (error) {
        return isCoppiceError(error, 'PROTOCOL') ? 'refused' : String(error);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => outcome(bytes) !== ''),
      { numRuns: 300 },
    );
    for (let length = 0; length < good.length; length++) {
      expect(outcome(good.slice(0, length))).toBe('refused');
    }
    for (let at = 0; at < good.length; at++) {
      const changed = good.slice();
      changed[at] = (changed[at] as number) ^ 0x55;
      expect(['read', 'refused']).toContain(outcome(changed));
    }
  });
});
