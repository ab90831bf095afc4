/** What a label is, as the loss tells that is asked for: counts learned by `lossType=poisson` are no classes. */
import { refused } from '../params/param-spec.ts';
import { estimatorClassOf, type Task } from './estimators.ts';
import type { FitCommandOptions } from './fit-options.ts';
import { readLossType } from './params-of-command.ts';

/**
 * The task of which boosted trees have the loss of `--params` or `--params-file`; null where none is given, or one of
 * several tasks, or of none.
 *
 * @throws CoppiceError `USAGE` for a file of parameters that cannot be read
 */
export async function taskOfLoss(
  options: FitCommandOptions,
): Promise<{ readonly task: Task; readonly lossType: string } | null> {
  if (options.algo !== 'gbt') return null;
  const lossType = await readLossType(options);
  if (lossType === null) return null;
  const tasks = (['classification', 'regression'] as const).filter((task) => {
    const spec = estimatorClassOf('gbt', task).paramSchema.schema['lossType'];
    return spec !== undefined && spec.check(lossType) !== refused;
  });
  const [task] = tasks;
  return task === undefined || tasks.length > 1 ? null : { task, lossType };
}
