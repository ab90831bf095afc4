import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  candidateBytes,
  candidateHeadBytes,
  type GainRule,
  pickSplit,
} from '../../../../src/tree/backend/cpu/candidate.ts';
import { scriptedLayout } from '../../scripted-backend.ts';

interface Found {
  readonly score: number;
  readonly place: number;
  readonly bin?: number;
  readonly missingGoesLeft?: boolean;
  readonly left?: readonly [bigint, bigint];
  readonly runnerUp?: readonly [number, number];
  readonly leftBins?: readonly number[];
}

function candidateOf(found: Found): DataView {
  const view = new DataView(new ArrayBuffer(candidateBytes(scriptedLayout)));
  view.setFloat64(0, found.score, true);
  view.setInt32(8, found.place, true);
  view.setInt32(12, found.bin ?? 0, true);
  view.setInt32(16, found.missingGoesLeft === true ? 1 : 0, true);
  view.setBigInt64(24, found.left?.[0] ?? 0n, true);
  view.setBigInt64(32, found.left?.[1] ?? 0n, true);
  view.setFloat64(40, found.runnerUp?.[0] ?? Number.NEGATIVE_INFINITY, true);
  view.setInt32(48, found.runnerUp?.[1] ?? -1, true);
  found.leftBins?.forEach((word, i) => {
    view.setUint32(candidateHeadBytes + 4 * i, word, true);
  });
  return view;
}

const nothing: Found = { score: Number.NEGATIVE_INFINITY, place: -1 };

function pick(found: readonly Found[], rule: Partial<GainRule> = {}) {
  return pickSplit(found.map(candidateOf), scriptedLayout, {
    parentScore: 1,
    minGain: 0,
    isHeavier: (left) => left >= 5n,
    ...rule,
  });
}

describe('choosing among the candidates of the ranks', () => {
  it('takes the highest score, and its gain over the parent', () => {
    const split = pick([
      { score: 3, place: 0 },
      nothing,
      { score: 4, place: 1, bin: 7, missingGoesLeft: true, left: [-9n, 5n] },
    ]);
    expect(split).toMatchObject({
      place: 1,
      bin: 7,
      missingGoesLeft: true,
      heavierIsLeft: true,
      gain: 3,
      leftBins: null,
      runnerUpGain: 2,
      runnerUpPlace: 0,
      detail: { left: { grad: -9n, hess: 5n } },
    });
  });

  it('takes the first of equals: the lower feature', () => {
    expect(
      pick([
        { score: 4, place: 0 },
        { score: 4, place: 1 },
      ]),
    ).toMatchObject({ place: 0, runnerUpPlace: 1, runnerUpGain: 3 });
  });

  it('is the same however the features were dealt to ranks', () => {
    const score = fc.constantFrom(1.5, 2, 3, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(fc.tuple(score, score, score), fc.subarray([1, 2]), (scores, cuts) => {
        const bounds = [0, ...cuts, 3];
        const ranks = bounds.slice(1).map((end, r): Found => {
          const places = [0, 1, 2].slice(bounds[r], end);
          const order = places
            .filter((place) => scores[place] !== Number.NEGATIVE_INFINITY)
            .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
          const [best, second] = order;
          if (best === undefined) return nothing;
          const found: Found = { score: scores[best] as number, place: best };
          return second === undefined
            ? found
            : { ...found, runnerUp: [scores[second] as number, second] };
        });
        const alone = pick([
          ...[0, 1, 2].map(
            (place): Found => ({
              score: scores[place] as number,
              place: scores[place] === Number.NEGATIVE_INFINITY ? -1 : place,
            }),
          ),
        ]);
        expect(pick(ranks)).toEqual(alone);
      }),
    );
  });

  it('finds nothing where no rank did, or the gain is too low to count', () => {
    expect(pick([nothing, nothing])).toBeNull();
    expect(pick([{ score: 2, place: 0 }], { minGain: 1 })).toBeNull();
    expect(pick([{ score: 2, place: 0 }], { minGain: 0.999 })).not.toBeNull();
    expect(pick([{ score: 1, place: 0 }])).toBeNull();
    expect(pick([{ score: 1 + 1e-13, place: 0 }])).toBeNull();
    expect(pick([{ score: Number.NaN, place: 0 }])).toBeNull();
  });

  it('reads the left bins of a category split', () => {
    const split = pick([{ score: 9, place: 2, bin: -1, leftBins: [5, 0x1ff], left: [0n, 1n] }]);
    expect(split).toMatchObject({ leftBins: Uint32Array.of(5, 0x1ff), heavierIsLeft: false });
  });
});
