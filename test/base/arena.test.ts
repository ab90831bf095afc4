import { expect, it } from 'vitest';
import { Arena } from '../../src/base/arena.ts';

it('hands out places that do not overlap, at multiples of 64', () => {
  const arena = new Arena(100);
  const sizes = [0, 1, 63, 64, 65, 4096, 1];
  const places = sizes.map((size) => arena.allocate(size));
  expect(places[0]).toBe(128);
  places.forEach((place, i) => {
    expect(place % 64).toBe(0);
    const next = places[i + 1] ?? arena.top;
    expect(next - place).toBeGreaterThanOrEqual(sizes[i] as number);
  });
});

it('gives the same places for the same calls', () => {
  const plan = (arena: Arena): number[] => [arena.allocate(10), arena.allocate(700), arena.top];
  expect(plan(new Arena(4096))).toEqual(plan(new Arena(4096)));
});

it('counts beyond 32 bits, so that a plan that is too large is seen as such', () => {
  const arena = new Arena(0);
  arena.allocate(2 ** 33 + 1);
  expect(arena.top).toBe(2 ** 33 + 64);
});
