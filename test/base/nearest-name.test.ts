import { describe, expect, it } from 'vitest';
import { nameSuggestion, nearestName } from '../../src/base/nearest-name.ts';

describe('nearestName', () => {
  it('finds a misspelt name', () => {
    const known = ['distance', 'duration', 'delayed', 'origin'];
    expect(nearestName('distence', known)).toBe('distance');
    expect(nearestName('Distance', known)).toBe('distance');
    expect(nearestName('delyaed', known)).toBe('delayed');
  });

  it('offers nothing when no name is near', () => {
    expect(nearestName('altitude_of_x', ['distance', 'origin'])).toBeUndefined();
    expect(nearestName('a', [])).toBeUndefined();
  });

  it('prefers the earlier of two equally near names', () => {
    expect(nearestName('ab', ['ac', 'aa'])).toBe('ac');
  });
});

describe('nameSuggestion', () => {
  it('lists what there is when nothing is near', () => {
    expect(nameSuggestion('zzzzzz', ['a', 'b'])).toBe('there are: a, b');
    expect(nameSuggestion('zzzzzz', [])).toBe('there are none');
    expect(nameSuggestion('distnce', ['distance'])).toBe('did you mean distance?');
  });
});
