/** Baselines and curves of hazards against scikit-survival's. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SurvivalEvaluator } from '../../src/evaluation/evaluators/survival-evaluator.ts';
import '../../src/evaluation/worker-tasks.ts';
import { SurvivalCurves } from '../../src/tuning/survival/survival-curves.ts';
import '../../src/tuning/worker-tasks.ts';
import { contentOf, inlineTable } from '../tools/inline-table.ts';

const found = JSON.parse(
  readFileSync(new URL('./fixtures/survival-curves.json', import.meta.url), 'utf8'),
) as Record<
  'time' | 'event' | 'hazard' | 'at' | 'baselineTimes' | 'baseline' | 'brier' | 'auc',
  number[]
> & { readonly survival: readonly (readonly number[])[]; readonly integrated: number };

const scored = inlineTable({ label: found.time, came: found.event, prediction: found.hazard });
const curves = new SurvivalCurves({ censorCol: 'came', survivalTimes: found.at });

it('has the baseline and the curves of BreslowEstimator', async () => {
  const model = await curves.fit(scored);
  const { times = [], cumulativeHazard = [] } = model.baseline ?? {};
  expect([...times]).toEqual(found.baselineTimes);
  cumulativeHazard.forEach((hazard, i) => {
    expect(hazard / (found.baseline[i] as number)).toBeCloseTo(1, 12);
  });
  found.survival.forEach((curve, row) => {
    model.predictSurvival(found.hazard[row] as number).forEach((value, i) => {
      expect(value).toBeCloseTo(curve[i] as number, 12);
    });
  });
});

it('has the Brier scores and areas of brier_score and cumulative_dynamic_auc', async () => {
  const told = await (await curves.fit(scored)).transform(scored);
  const evaluator = new SurvivalEvaluator({
    censorCol: 'came',
    metricName: 'integratedBrierScore',
  });
  expect(await evaluator.evaluate(told)).toBeCloseTo(found.integrated, 12);
  const content = await contentOf(await evaluator.curve(told));
  expect(content['time']).toEqual(found.at);
  found.at.forEach((_, i) => {
    expect(content['brierScore']?.[i]).toBeCloseTo(found.brier[i] as number, 12);
    expect(content['areaUnderROC']?.[i]).toBeCloseTo(found.auc[i] as number, 12);
  });
});
