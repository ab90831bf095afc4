/** A model as a JavaScript module answers with the bits of its scorer, for known, missing and never seen values alike. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScorerRow } from '../../../src/index.ts';
import { randomData } from '../../tools/random-data.ts';
import { type Cell, numRowsOf } from '../../tools/sample-data.ts';
import { fitSample } from '../../training/fit-sample.ts';
import {
  type EstimatorCase,
  estimatorCases,
  recipes,
  withFeatures,
} from '../../training/random-estimators.ts';
import { otherData } from '../onnx/written-models.ts';
import { runModule } from './run-module.ts';

describe('a module', () => {
  it('gives the bits of the scorer', async () => {
    const anyCase: fc.Arbitrary<EstimatorCase> = fc.oneof(...Object.values(estimatorCases));
    await fc.assert(
      fc.asyncProperty(anyCase, recipes, async (found, recipe) => {
        const options = { ...withFeatures(found, recipe).options };
        for (const name of ['validationIndicatorCol', 'varianceCol', 'quantilesCol'])
          delete (options as Record<string, unknown>)[name];
        delete (options as Record<string, unknown>)['quantileProbabilities'];
        const model = await fitSample({ ...found, options }, randomData(recipe));
        const data = otherData(recipe);
        const { predict, classes } = runModule(model.toModule());
        expect(classes).toEqual(model.classes);
        const score = await model.scorer();
        for (let row = 0; row < numRowsOf(data); row++) {
          const cells = data.map(({ name, cells: own }) => [name, own[row] as Cell]);
          const values = Object.fromEntries(cells) as ScorerRow;
          expect(predict(values)).toEqual(score(values));
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
