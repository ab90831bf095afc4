/** What is said to constraints that cannot be kept, and how they are typed on a command line. */
import { describe, expect, it } from 'vitest';
import { GBTRegressor } from '../../../src/ensemble/boosting/gbt-regressor.ts';
import {
  gbtClassifierParams,
  gbtRegressorParams,
} from '../../../src/ensemble/params/gbt-params.ts';
import { paramsFromText } from '../../../src/params/params-from-text.ts';
import { errorOf } from '../../contract/error-of.ts';
import { randomData } from '../../tools/random-data.ts';
import { fitSample } from '../../training/fit-sample.ts';

const recipe = { seed: 4, numRows: 80, kinds: ['float32', 'words', 'flags'], missing: 0 } as const;
const featuresCols = ['x0', 'x1', 'x2'];

async function refusalOf(options: Readonly<Record<string, unknown>>) {
  const found = {
    name: 'GBTRegressor',
    options: { featuresCols, labelCol: 'y', ...options },
  } as const;
  const error = await errorOf(() => fitSample(found, randomData(recipe)));
  expect(error.code).toBe('PARAM_INVALID');
  return error.message;
}

describe('monotoneConstraints', () => {
  it('leave categories free', async () => {
    expect(await refusalOf({ monotoneConstraints: { x1: 1 } })).toBe(
      'monotoneConstraints of GBTRegressor must leave categories free, for they have no order; got 1 for x1; leave it out, or turn the column into numbers',
    );
    expect(await refusalOf({ monotoneConstraints: [0, -1, 0] })).toContain('got -1 for x1');
  });

  it('name features, or give one number for each', async () => {
    expect(await refusalOf({ monotoneConstraints: { x00: 1 } })).toMatch(
      /must name features; got x00; did you mean x0\?/,
    );
    expect(await refusalOf({ monotoneConstraints: [1] })).toContain(
      'must be one number for each of the 3 features; got 1',
    );
  });

  it('are −1, 0 or 1', async () => {
    for (const bad of [{ x0: 0.5 }, { x0: 2 }, [0.5, 0, 0], {}, [], 'up']) {
      const error = await errorOf(
        () => new GBTRegressor({ monotoneConstraints: bad as Record<string, number> }),
      );
      expect([error.code, error.message]).toEqual([
        'PARAM_INVALID',
        expect.stringContaining('an integer in [-1, 1]'),
      ]);
    }
  });

  it('are typed as pairs or as a list', () => {
    expect(paramsFromText(gbtRegressorParams, 'monotoneConstraints=area:1;age:-1,alpha=2')).toEqual(
      { monotoneConstraints: { area: 1, age: -1 }, alpha: 2 },
    );
    expect(() => paramsFromText(gbtRegressorParams, 'alpha=1,maxIter=3,alpha=2')).toThrow(
      'alpha of GBTRegressor must be given once; got it twice',
    );
    const list = paramsFromText(gbtClassifierParams, 'monotoneConstraints=[0,1]');
    expect(list).toEqual({ monotoneConstraints: [0, 1] });
    expect(new GBTRegressor(list).params.monotoneConstraints).toEqual([0, 1]);
  });
});

describe('interactionConstraints', () => {
  it('name features', async () => {
    expect(await refusalOf({ interactionConstraints: [['x0'], ['y2']] })).toMatch(
      /interactionConstraints of GBTRegressor must name features; got y2; did you mean x2\?/,
    );
  });

  it('are lists of lists of names, each name once', async () => {
    for (const bad of [[], ['x0'], [['x0', 'x0']], [[]], [[1]], 'x0']) {
      const error = await errorOf(
        () => new GBTRegressor({ interactionConstraints: bad as unknown as string[][] }),
      );
      expect([error.code, error.message]).toEqual([
        'PARAM_INVALID',
        expect.stringContaining('a list of groups'),
      ]);
    }
  });

  it('are typed as JSON', () => {
    const typed = paramsFromText(gbtRegressorParams, 'interactionConstraints=[["a","b"],["c"]]');
    expect(typed).toEqual({ interactionConstraints: [['a', 'b'], ['c']] });
  });
});
