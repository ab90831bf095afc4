/** The user's objective and metric, parted into what ranks are told and what stays on the calling thread. */
import { CoppiceError } from '../../base/errors.ts';
import { isModuleFunction, type UserFunction, userFunctionName } from '../../base/user-function.ts';
import type { BoostingJob, FunctionReference } from '../../training/messages.ts';
import type { MetricFunction, ObjectiveFunction, UserClosures } from '../../training/user-calls.ts';

/** The functions of a fit. */
export interface UserFunctions {
  /** Replaces fields of the job. */
  readonly references: Pick<BoostingJob, 'objectiveFunction' | 'metricFunction'> &
    Partial<Pick<BoostingJob, 'objective'>>;
  readonly closures: UserClosures;
}

/** Parts the functions of an estimator's parameters. */
export function userFunctions(params: {
  readonly objectiveFunction: UserFunction<ObjectiveFunction> | undefined;
  readonly metricFunction: UserFunction<MetricFunction> | undefined;
}): UserFunctions {
  const { objectiveFunction: objective, metricFunction: metric } = params;
  return {
    references: {
      ...(objective === undefined ? {} : { objective: 'custom' }),
      objectiveFunction: referenceOf(objective),
      metricFunction: referenceOf(metric),
    },
    closures: {
      objective: isModuleFunction(objective) ? undefined : objective,
      metric: isModuleFunction(metric) ? undefined : metric,
    },
  };
}

/** A function gives derivatives and no loss: what validation rows are measured by must be said. */
export function requireMetric(
  owner: string,
  params: { readonly objectiveFunction: unknown; readonly metricFunction: unknown },
): void {
  if (params.objectiveFunction === undefined || params.metricFunction !== undefined) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `metricFunction of ${owner} must be given where objectiveFunction is and there are validation rows; got undefined`,
    { context: { owner, param: 'metricFunction' } },
  );
}

function referenceOf(
  value: UserFunction<ObjectiveFunction> | UserFunction<MetricFunction> | undefined,
): FunctionReference | null {
  if (value === undefined) return null;
  return isModuleFunction(value) ? { ...value } : { closure: userFunctionName(value) };
}
