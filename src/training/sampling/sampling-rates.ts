/** Which share of each class's rows a round is grown on. */
import { CoppiceError } from '../../base/errors.ts';
import type { BoostingJob, ClassValue } from '../messages.ts';

/** The share of each class. @throws CoppiceError `PARAM_INVALID` for a class that is not there */
export function classRates(
  job: Pick<BoostingJob, 'rows' | 'ingest'>,
  classes: readonly ClassValue[],
): number[] {
  const { byClass, rate } = job.rows;
  const { owner, labelCol } = job.ingest;
  const named = byClass === null || byClass === 'stratified' ? {} : byClass;
  const known = classes.map(String);
  const stranger = Object.keys(named).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const list = `${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`;
    throw new CoppiceError(
      'PARAM_INVALID',
      `classSamplingRates of ${owner} must be shares of classes that ${labelCol} has (${list}); got one of ${stranger}`,
      { context: { owner, param: 'classSamplingRates' } },
    );
  }
  return known.map((name) => (Object.hasOwn(named, name) ? (named[name] as number) : rate));
}
