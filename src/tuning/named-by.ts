/** What does an estimator call its columns? A wrapper around it takes over the names. */
import type { Estimator } from '../pipeline/estimator.ts';
import { Pipeline } from '../pipeline/pipeline.ts';

/** What an estimator calls a column; a pipeline's last stage that names one. */
export function namedBy(estimator: Estimator, param: string): string | undefined {
  if (estimator instanceof Pipeline) {
    const named = estimator.stages.map((stage) => namedBy(stage as Estimator, param));
    return named.filter((name) => name !== undefined).at(-1);
  }
  const name: unknown = (estimator.params as Readonly<Record<string, unknown>>)[param];
  return typeof name === 'string' ? name : undefined;
}
