/** The planted bugs must still fit the sources; whether the tests notice them, `npm run test:planted` says. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plantedBugs } from './bugs.mjs';

const root = new URL('../../', import.meta.url);
const pathOf = (name: string): string => fileURLToPath(new URL(name, root));

describe('the planted bugs', () => {
  it('are many, each with a name of its own and tests that exist', () => {
    expect(plantedBugs.length).toBeGreaterThanOrEqual(10);
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
    for (const { tests } of plantedBugs) {
      for (const folder of tests) expect(existsSync(pathOf(folder))).toBe(true);
    }
  });

  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))('still fits: %s', (_, { edits }) => {
    for (const { file, find, replace } of edits) {
      const places = readFileSync(pathOf(file), 'utf8').split(find).length - 1;
      expect([file, places]).toEqual([file, 1]);
      expect(replace).not.toBe(find);
    }
  });
});
