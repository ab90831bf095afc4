/** The baseline of a scored table: rows of all partitions meet in one task. */
import { CoppiceError } from '../../base/errors.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import { gatherPartitions } from '../../pipeline/gather-partitions.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { SurvivalRows } from '../../training/survival/concordance.ts';
import type { BaselineTask } from './fit-baseline.ts';
import type { Baseline } from './survival-function.ts';

/** Whose fit it is, and the columns that it reads. */
interface BaselineFit {
  readonly owner: string;
  readonly params: {
    readonly labelCol: string;
    readonly predictionCol: string;
    readonly censorCol: string | undefined;
    readonly weightCol: string | undefined;
  };
}

/** See the header. @throws CoppiceError `DATA_EMPTY`, and what reading the columns throws */
export async function gatherBaseline(
  { owner, params }: BaselineFit,
  table: PartitionedTable,
  options: FitOptions,
): Promise<Baseline> {
  const { labelCol, predictionCol, censorCol = null, weightCol = null } = params;
  const columns = { labelCol, predictionCol, censorCol, weightCol, labelUpperBoundCol: null };
  const request = { ...columns, isHazard: true };
  const parts: SurvivalRows[] = [];
  const answers = gatherPartitions<SurvivalRows>(table, 'evaluation.survival', request, options);
  for await (const part of answers) parts.push(part);
  if (parts.every(({ times }) => times.length === 0)) {
    throw new CoppiceError(
      'DATA_EMPTY',
      `the table given to ${owner} must have rows of positive weight; got none`,
      { context: { owner } },
    );
  }
  const task: BaselineTask = { parts, owner, labelCol, predictionCol };
  return await table.runner.run<Baseline>('tuning.baseline', task, { signal: options.signal });
}
