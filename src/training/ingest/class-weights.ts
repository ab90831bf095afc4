/**
 * Weights by class: each row's weight is multiplied by its class's, once the classes are known. They weigh
 * everything that a weight column would: gradients, leaves, the start, and the loss of validation rows.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { ClassValue, ClassWeighting, IngestJob } from '../messages.ts';
import { classShares } from '../objectives/base-score.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import type { RankRows } from './shard-rows.ts';

/** The rows of a rank whose weights are changed. */
export interface WeighedRows {
  /** Addresses of float64 columns of the process. */
  readonly labels: number;
  readonly weights: number;
  readonly train: RankRows;
  readonly validation: RankRows;
}

/**
 * Multiplies the weights of this rank's rows.
 *
 * @throws CoppiceError `PARAM_INVALID`
 */
export async function weighClasses(
  environment: RankEnvironment,
  job: Pick<IngestJob, 'classWeighting' | 'owner' | 'labelCol' | 'labelKind'>,
  found: readonly ClassValue[],
  rows: WeighedRows,
): Promise<void> {
  const { classWeighting } = job;
  if (classWeighting === null) return;
  const { train, validation } = rows;
  // a label of several is a number, 0 or 1, which is looked at later
  const classes = job.labelKind === 'class' ? found : [0, 1];
  const column = (address: number, part: RankRows): Float64Array =>
    environment.f64(address + 8 * part.start, part.count);
  const factors = namedWeights(job, classWeighting, classes);
  if (classWeighting.byClass === 'balanced') {
    const own = { labels: column(rows.labels, train), weights: column(rows.weights, train) };
    const shares = await classShares(environment, own, classes.length);
    shares.forEach((share, k) => {
      if (share > 0) factors[k] = (factors[k] as number) / (classes.length * share);
    });
  }
  for (const part of [train, validation]) {
    const labels = column(rows.labels, part);
    const weights = column(rows.weights, part);
    for (let i = 0; i < weights.length; i++) {
      weights[i] = (weights[i] as number) * (factors[labels[i] as number] ?? 1);
    }
  }
}

/** The factor of each class as far as it is named; 1 for the others. */
export function namedWeights(
  job: Pick<IngestJob, 'owner' | 'labelCol'>,
  weighting: ClassWeighting,
  classes: readonly ClassValue[],
): number[] {
  const { byClass, positive } = weighting;
  const known = classes.map(String);
  const refuse = (param: string, rule: string): CoppiceError =>
    new CoppiceError('PARAM_INVALID', `${param} of ${job.owner} must be ${rule}`, {
      context: { owner: job.owner, param },
    });
  if (positive !== 1 && classes.length > 2) {
    const rule = `left out where ${job.labelCol} has more than two classes; got ${positive} for ${classes.length} classes; use classWeights`;
    throw refuse('scalePosWeight', rule);
  }
  const named = byClass === null || byClass === 'balanced' ? {} : byClass;
  const stranger = Object.keys(named).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const list = known.slice(0, 10).join(', ');
    const rule = `weights of classes that ${job.labelCol} has (${list}${known.length > 10 ? ', …' : ''}); got one of ${stranger}`;
    throw refuse('classWeights', rule);
  }
  return known.map((name, k) => {
    const own = Object.hasOwn(named, name) ? (named[name] as number) : 1;
    return k === 1 && known.length === 2 ? own * positive : own;
  });
}
