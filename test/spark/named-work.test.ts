/** Do two drivers give the same work the same id, and other work another one? */
import { expect, it } from 'vitest';
import { operationOf, uuidOf } from '../../src/spark/gang/named-work.ts';

it('ids are UUIDs that hang on the work alone', () => {
  expect(uuidOf('x')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const plan = (byte: number) => ({ local_relation: { data: Uint8Array.of(byte) } });
  expect(operationOf('s', plan(1))).toBe(operationOf('s', plan(1)));
  expect(
    new Set([operationOf('s', plan(1)), operationOf('s', plan(2)), operationOf('t', plan(1))]).size,
  ).toBe(3);
});
