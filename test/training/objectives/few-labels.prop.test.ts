/** Labels told by the rows that have them first, and what is done for each label instead of each row. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../src/base/exact-sum.ts';
import { fewLabels } from '../../../src/training/objectives/few-labels.ts';

const few = fc.constantFrom(0, -0, 1, 2, 1023, 1024, -1, 0.5, 2 ** 31, 2 ** 32, 1e300, 5e-324);
const labelsOf = (label: fc.Arbitrary<number>) =>
  fc.array(label, { maxLength: 200 }).map((labels) => Float64Array.from(labels));

describe('labels of which there are few', () => {
  it('are told each by its first row and its number of rows', () => {
    fc.assert(
      fc.property(labelsOf(few), (labels) => {
        const counts = new Map<number, number>();
        for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
        const found = fewLabels(labels);
        expect(found?.counts).toEqual([...counts.values()]);
        expect(found?.rows).toEqual([...counts.keys()].map((label) => labels.indexOf(label)));
      }),
    );
  });

  it('add up to the sum of all rows, bit for bit', () => {
    const any = fc.oneof(few, fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(labelsOf(any), (labels) => {
        const rows = new ExactSum();
        rows.addMany(labels);
        const each = new ExactSum();
        const { rows: first = [], counts = [] } = fewLabels(labels) ?? {};
        first.forEach((row, i) => each.addProduct(labels[row] as number, counts[i] as number));
        expect(each.value()).toBe(rows.value());
      }),
    );
  });

  it('are not told where they are more than 1,024', () => {
    const labels = Float64Array.from({ length: 1025 }, (_, i) => i - 3);
    expect(fewLabels(labels.subarray(0, 1024))?.rows).toHaveLength(1024);
    expect(fewLabels(labels)).toBeNull();
  });
});
