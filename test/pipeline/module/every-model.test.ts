/** Every kind of model as a JavaScript module answers with the bits of its scorer, whatever a row holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScorerRow } from '../../../src/index.ts';
import { answerOf, runModule, scorerOf } from '../../ensemble/module/run-module.ts';
import { kinds, table, words } from '../every-kind.ts';

const missing = { nil: null };
const real = fc.oneof(fc.double({ min: -4, max: 4, noNaN: true }), fc.constant(Number.NaN));
const anyRow: fc.Arbitrary<ScorerRow> = fc.record(
  {
    x: fc.option(real, missing),
    y: fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
      { weight: 1, arbitrary: fc.option(real, missing) },
    ),
    word: fc.option(fc.constantFrom(...words, 'never seen', ''), missing),
    flag: fc.oneof(
      { weight: 6, arbitrary: fc.boolean() },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    margin: fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
  },
  { requiredKeys: ['y', 'flag', 'margin'] },
);

describe('a JavaScript module', () => {
  it.each(kinds)('of %s gives the bits of the scorer', async (_, estimator) => {
    const model = await estimator.fit(table);
    const score = await scorerOf(model);
    const { predict, classes } = runModule(model.toModule());
    expect(classes).toEqual((model as { classes?: readonly unknown[] }).classes ?? classes);
    let answered = 0;
    fc.assert(
      fc.property(anyRow, (row) => {
        const found = answerOf(score, row);
        expect(withoutMore(answerOf(predict, row))).toEqual(found);
        if (found !== 'refused') answered += 1;
      }),
      { numRuns: 25 },
    );
    expect(answered).toBeGreaterThan(5);
  });
});

/** A pipeline's scorer tells no score of anomalies beside what it predicts. */
function withoutMore(answer: unknown): unknown {
  if (typeof answer !== 'object') return answer;
  const { anomalyScore: _, ...rest } = answer as Record<string, unknown>;
  return rest;
}
