/** Which columns a model of uplifts adds: a number, or of several treatments a vector. */
import { armNames } from '../../pipeline/treatment-arms.ts';
import type { UpliftForestParams } from '../params/uplift-params.ts';
import type { ModelOutput } from '../prediction/output-columns.ts';
import { regressionOutputs } from '../prediction/regression-outputs.ts';

/** The columns, and what their metadata tell of arms to who measures them. */
export function upliftOutputs(params: UpliftForestParams): ModelOutput {
  const { treatments, controlValue } = params;
  const names = armNames(treatments);
  if (names === null) return regressionOutputs(params);
  const control = controlValue === undefined ? {} : { controlValue: String(controlValue) };
  return {
    ...regressionOutputs(params),
    ...(names.length === 1 ? {} : { labels: names, labelsKey: 'treatments' }),
    told: { ...control, ...(names.length === 1 ? { treatments: JSON.stringify(names) } : {}) },
  };
}
