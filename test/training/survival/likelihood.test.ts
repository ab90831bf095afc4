/** Tails, likelihoods and concordance by their definitions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logNormalTail, normalHazard } from '../../../src/base/normal-tail.ts';
import { exp } from '../../../src/base/portable-math.ts';
import { AftLikelihood } from '../../../src/training/survival/aft-likelihood.ts';
import { concordanceIndex } from '../../../src/training/survival/concordance.ts';

const endless = Number.POSITIVE_INFINITY;

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

/** Simpson's rule over log t. */
function integral(of: (time: number) => number, from: number, to: number): number {
  const parts = 2000;
  const width = (Math.log(to) - Math.log(from)) / parts;
  const terms = Array.from({ length: parts + 1 }, (_, i) => {
    const time = Math.exp(Math.log(from) + i * width);
    return of(time) * time * (i === 0 || i === parts ? 1 : i % 2 === 1 ? 4 : 2);
  });
  return (terms.reduce((sum, term) => sum + term, 0) * width) / 3;
}

describe.each(['normal', 'logistic', 'extreme'] as const)('an interval of %s times', (name) => {
  it('is as likely as the densities in it add up to', () => {
    for (const scale of [0.5, 1, 2]) {
      const likelihood = new AftLikelihood(name, scale);
      for (const score of [-2, 0, 1.3, 4]) {
        const density = (time: number): number => exp(-likelihood.loss(score, time));
        for (const [from, to] of [
          [0.3, 0.9],
          [1, 1.0005],
          [1, 1.02],
          [2, 30],
          [4, 4.5],
        ] as const) {
          const chance = integral(density, from, to);
          // beyond, densities fall too fast for the rule
          if (chance < 1e-30) continue;
          expect(exp(-likelihood.loss(score, from, to)) / chance).toBeCloseTo(1, 8);
        }
        // all times, split at 1.7
        const halves = [likelihood.loss(score, 0, 1.7), likelihood.loss(score, 1.7, endless)];
        expect(halves.reduce((sum, loss) => sum + exp(-loss), 0)).toBeCloseTo(1, 12);
      }
    }
  });

  it('has the derivatives of its likelihood, wide or narrow, open or not', () => {
    for (const scale of [0.5, 1, 2]) {
      const likelihood = new AftLikelihood(name, scale);
      const loss = (s: number, from: number, to: number) => likelihood.loss(s, from, to);
      const derivatives = (s: number, from: number, to: number): number[] => {
        likelihood.differentiate(s, from, to);
        return [...likelihood.derivatives];
      };
      for (const [from, to] of [
        ...[0.4, 1, 7].flatMap((time) =>
          [1 + 1e-6, 1.0002, 1.004, 1.3, 40].map((factor) => [time, time * factor] as const),
        ),
        ...[0.2, 1, 9].map((time) => [0, time] as const),
        [3, endless],
      ] as const) {
        for (const score of [-1.5, -0.5, 0.2, 1.3, 3]) {
          const [g, h] = derivatives(score, from, to) as [number, number];
          const step = 1e-5;
          if (Math.abs(g * scale) >= 15 || h * scale * scale >= 15) continue;
          const slope = (s: number): number => derivatives(s, from, to)[0] as number;
          const rise = (loss(score + step, from, to) - loss(score - step, from, to)) / (2 * step);
          // the width of a narrow interval has a few digits less
          expect(g).toBeCloseTo(rise, 4);
          expect(h).toBeCloseTo((slope(score + step) - slope(score - step)) / (2 * step), 5);
        }
      }
    }
  });

  it('goes over into an event and into a row without one', () => {
    const likelihood = new AftLikelihood(name, 0.8);
    const at = (time: number, latest?: number): number[] => {
      likelihood.differentiate(1, time, latest);
      return [...likelihood.derivatives];
    };
    for (const time of [0.4, 3, 20]) {
      for (const [one, other] of [
        [at(time), at(time, time * (1 + 1e-9))],
        [at(-time), at(time, 1e200)],
      ] as const) {
        one.forEach((value, i) => {
          expect(other[i]).toBeCloseTo(value, 7);
        });
      }
      expect(at(-time)).toEqual(at(time, endless));
      expect(at(time)).toEqual(at(time, time));
    }
    expect(at(0, endless)[0]).toBeCloseTo(0, 12);
    expect(likelihood.loss(1, 0, endless)).toBe(0);
  });

  it('stays finite wherever the score goes', () => {
    const likelihood = new AftLikelihood(name, 0.01);
    for (const score of [-1e4, -300, -20, 0, 20, 300, 1e4]) {
      for (const [from, to] of [
        [1, 2],
        [0, 1e-300],
        [1e300, endless],
        [1e-9, 1e9],
        [5, 5.0000001],
      ] as const) {
        likelihood.differentiate(score, from, to);
        const [g, h] = [...likelihood.derivatives] as [number, number];
        expect(Math.abs(g)).toBeLessThanOrEqual(1500);
        expect(h).toBeGreaterThan(0);
        expect(h).toBeLessThanOrEqual(150_000);
        expect(likelihood.loss(score, from, to)).toBeGreaterThan(-50);
      }
    }
  });
});

it('counts pairs of intervals that do not overlap', () => {
  const row = fc.record({
    from: fc.integer({ min: 0, max: 6 }),
    width: fc.constantFrom(0, 0, 1, 3, endless),
    risk: fc.integer({ min: -2, max: 2 }),
    weight: fc.constantFrom(0.5, 1, 2),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), fc.nat(30), (found, cut) => {
      const rows = found.map((one) => ({ ...one, to: Math.max(1, one.from + one.width) }));
      let [right, pairs] = [0, 0];
      for (const a of rows) {
        for (const b of rows) {
          const isEvent = b.from === b.to;
          if (a.to === endless || a === b) continue;
          if (!(b.from > a.to || (b.from === a.to && !isEvent))) continue;
          const pair = a.weight * b.weight;
          pairs += pair;
          right += a.risk > b.risk ? pair : a.risk === b.risk ? pair / 2 : 0;
        }
      }
      const part = (own: typeof rows) => ({
        times: Float64Array.from(own, ({ from }) => from),
        latest: Float64Array.from(own, ({ to }) => to),
        risks: Float64Array.from(own, ({ risk }) => risk),
        weights: Float64Array.from(own, ({ weight }) => weight),
      });
      const whole = concordanceIndex([part(rows)]);
      if (pairs === 0) expect(whole).toBeNaN();
      else expect(whole).toBeCloseTo(right / pairs, 12);
      expect(concordanceIndex([part(rows.slice(cut)), part(rows.slice(0, cut))])).toBe(whole);
      // events and rows without one are intervals too
      const plain = rows.filter(({ from, width }) => from > 0 && (width === 0 || width > 3));
      const signed = { ...part(plain), latest: null };
      signed.times = Float64Array.from(plain, ({ from, width }) => (width === 0 ? from : -from));
      const [one, other] = [concordanceIndex([signed]), concordanceIndex([part(plain)])];
      if (Number.isNaN(one)) expect(other).toBeNaN();
      else expect(other).toBeCloseTo(one, 12);
    }),
  );
});

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
