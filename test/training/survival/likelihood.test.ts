/** Tails, likelihoods and concordance by their definitions. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logNormalTail, normalHazard } from '../../../src/base/normal-tail.ts';
import { AftLikelihood } from '../../../src/training/survival/aft-likelihood.ts';
import { concordanceIndex } from '../../../src/training/survival/concordance.ts';

it('knows the tail of the normal distribution on both sides of where its form changes', () => {
  for (const [z, tail] of [
    [-9, 1],
    [-3, 0.9986501019683699],
    [0, 0.5],
    [2.4999, 0.006211418000386],
    [2.5, 0.006209665325776132],
    [5, 2.866515718791939e-7],
    [10, 7.619853024160525e-24],
  ] as const) {
    const [hazard, logTail] = [normalHazard(z), logNormalTail(z)];
    expect(Math.exp(logTail) / tail - 1).toBeCloseTo(0, z === 2.4999 ? 6 : 11);
    const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    expect((hazard * Math.exp(logTail)) / density - 1).toBeCloseTo(0, 11);
  }
  expect(normalHazard(60)).toBeCloseTo(60 + 1 / 60, 4);
});

it.each(['normal', 'logistic', 'extreme'] as const)(
  'differentiates the %s likelihood of events and of rows without one',
  (distribution) => {
    for (const scale of [0.5, 1, 2]) {
      for (const time of [0.3, 1, 7, -0.3, -1, -7]) {
        for (const score of [-0.5, 0.2, 1.3]) {
          const likelihood = new AftLikelihood(distribution, scale);
          const derivatives = (s: number): number[] => {
            likelihood.differentiate(s, time);
            return [...likelihood.derivatives];
          };
          const loss = (s: number): number => likelihood.loss(s, time);
          const slope = (s: number): number => derivatives(s)[0] as number;
          const [g, h] = derivatives(score) as [number, number];
          const step = 1e-5;
          // far away derivatives are bounded
          if (Math.abs(g * scale) >= 15 || h * scale * scale >= 15) continue;
          expect(g).toBeCloseTo((loss(score + step) - loss(score - step)) / (2 * step), 6);
          expect(h).toBeCloseTo((slope(score + step) - slope(score - step)) / (2 * step), 5);
        }
      }
    }
  },
);

it('counts the pairs whose order is known, ties half, however the rows are dealt', () => {
  const row = fc.record({
    time: fc.integer({ min: 1, max: 6 }),
    isEvent: fc.boolean(),
    risk: fc.integer({ min: -2, max: 2 }),
    weight: fc.constantFrom(0.5, 1, 2),
  });
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 30 }),
      fc.boolean(),
      fc.nat(30),
      (rows, weighted, cut) => {
        let [right, pairs] = [0, 0];
        for (const a of rows) {
          for (const b of rows) {
            if (!a.isEvent || !(b.time > a.time || (b.time === a.time && !b.isEvent))) continue;
            const pair = weighted ? a.weight * b.weight : 1;
            pairs += pair;
            right += a.risk > b.risk ? pair : a.risk === b.risk ? pair / 2 : 0;
          }
        }
        const part = (own: typeof rows) => ({
          times: Float64Array.from(own, ({ time, isEvent }) => (isEvent ? time : -time)),
          risks: Float64Array.from(own, ({ risk }) => risk),
          weights: weighted ? Float64Array.from(own, ({ weight }) => weight) : null,
        });
        const whole = concordanceIndex([part(rows)]);
        if (pairs === 0) expect(whole).toBeNaN();
        else expect(whole).toBeCloseTo(right / pairs, 12);
        expect(concordanceIndex([part(rows.slice(cut)), part(rows.slice(0, cut))])).toBe(whole);
      },
    ),
  );
});
