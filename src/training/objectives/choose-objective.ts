/** Which objective a job has, now that the classes are known. */
import { CoppiceError } from '../../base/errors.ts';
import type { pointKinds } from '../../kernels/point-losses.ts';
import type { BoostingJob, ClassValue, FunctionReference, RankingSettings } from '../messages.ts';
import { RankingObjective } from '../ranking/ranking-objective.ts';
import { aftObjective } from '../survival/aft-objective.ts';
import { CoxObjective } from '../survival/cox-objective.ts';
import {
  crossEntropyOf,
  flagOf,
  focalOf,
  logistic,
  softmaxOf,
  squared,
} from './built-in-objectives.ts';
import { customObjective } from './custom-objective.ts';
import type { Objective } from './objective.ts';
import { oneVsAllOf } from './one-vs-all-objective.ts';
import { pointObjective } from './point-objective.ts';
import { quantileObjective } from './quantile-objective.ts';

/** The objective of a job, now that the classes are known. */
export function objectiveOf(job: BoostingJob, classes: readonly ClassValue[]): Objective {
  const { objective } = job;
  if (objective === 'squared') return squared;
  if (objective === 'custom') {
    const isClass = job.ingest.labelKind === 'class';
    const numOutputs = isClass && classes.length > 2 ? classes.length : 1;
    return customObjective(job, job.objectiveFunction as FunctionReference, numOutputs);
  }
  if (objective === 'focal') {
    if (classes.length > 2) throw focalClasses(job, classes.length);
    return focalOf(job.objectiveParameter ?? 0);
  }
  if (objective === 'oneVsAll' && classes.length > 2) return oneVsAllOf(classes.length);
  if (objective === 'oneVsAll') return logistic;
  if (objective === 'classes') return classes.length <= 2 ? logistic : softmaxOf(classes.length);
  const label = `${job.ingest.labelCol} (the label of ${job.ingest.owner})`;
  if (objective === 'ranking') return new RankingObjective(job, job.ranking as RankingSettings);
  if (objective === 'flag') return flagOf(label, job.objectiveParameter);
  if (objective === 'crossEntropy') return crossEntropyOf(label);
  if (objective === 'quantiles') return quantileObjective(job.quantileLevels);
  if (objective === 'cox') return new CoxObjective(label);
  const distribution = distributions[objective as keyof typeof distributions];
  if (distribution !== undefined) return aftObjective(distribution, job.objectiveParameter ?? 1);
  const parameter = job.objectiveParameter ?? job.initial?.lossScale ?? null;
  return pointObjective(objective as keyof typeof pointKinds, parameter, label);
}

const distributions = {
  aftNormal: 'normal',
  aftLogistic: 'logistic',
  aftExtreme: 'extreme',
} as const;

function focalClasses({ ingest }: BoostingJob, numClasses: number): CoppiceError {
  return new CoppiceError(
    'PARAM_INVALID',
    `lossType of ${ingest.owner} must be logistic where there are more than two classes; got focal and ${numClasses} classes of ${ingest.labelCol}`,
    { context: { owner: ingest.owner, param: 'lossType' } },
  );
}
