import { expect, it } from 'vitest';
import { checkAgreedSums, withSums } from '../../../../src/tree/backend/cpu/agreed-sums.ts';

const place = { firstRanks: [0, 2, 3], rank: 0 };
const messageOf = (grad: bigint, hess: bigint): Uint8Array =>
  withSums(Uint8Array.of(1, 2, 3, 4, 5), { grad, hess });

it('lets ranks go on that found the same sums, and leaves what they say in front of them', () => {
  const all = [messageOf(-7n, 2n ** 40n), messageOf(-7n, 2n ** 40n), messageOf(-7n, 2n ** 40n)];
  expect(() => checkAgreedSums(place, all, 5)).not.toThrow();
  expect([...(all[0] as Uint8Array).subarray(0, 5)]).toEqual([1, 2, 3, 4, 5]);
});

it('names the process whose sums are others', () => {
  const all = [messageOf(-7n, 9n), messageOf(-7n, 9n), messageOf(-7n, 10n)];
  expect(() => checkAgreedSums(place, all, 5)).toThrow(
    expect.objectContaining({
      code: 'PROTOCOL',
      message: expect.stringContaining('(-7, 10) on rank 2 of process 1'),
      context: { process: 1 },
    }),
  );
});
