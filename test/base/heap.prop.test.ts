import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from '../../src/base/heap.ts';

it('hands items out in order, however they came in', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant('pop' as const)));
  fc.assert(
    fc.property(steps, (wanted) => {
      const heap = new Heap<number>((a, b) => a < b);
      const kept: number[] = [];
      for (const step of wanted) {
        if (step !== 'pop') {
          heap.push(step);
          kept.push(step);
        } else if (kept.length > 0) {
          kept.sort((a, b) => a - b);
          expect(heap.pop()).toBe(kept.shift());
        }
        expect(heap.size).toBe(kept.length);
      }
    }),
  );
});
