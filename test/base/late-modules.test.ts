import { afterEach, describe, expect, it } from 'vitest';
import { knownAs, restIs } from '../../src/base/late-modules.ts';

const known = new Map([['first', 1]]);
let numLoads = 0;

afterEach(() => {
  restIs(() => Promise.resolve());
});

describe('what a thread knows', () => {
  it('is found at once, and the rest is loaded for a name that is not there', async () => {
    restIs(async () => {
      numLoads += 1;
      known.set('second', 2);
    });
    expect(await knownAs(known, 'first')).toBe(1);
    expect(numLoads).toBe(0);
    expect(await knownAs(known, 'second')).toBe(2);
    expect(await knownAs(known, 'third')).toBeUndefined();
  });

  it('fails as the loading of the rest fails', async () => {
    restIs(() => Promise.reject(new Error('no rest')));
    await expect(knownAs(known, 'third')).rejects.toThrow('no rest');
  });
});
