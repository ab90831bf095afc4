/** How the estimators of a stack that is not fitted are saved and read. */
import type { Estimator } from '../../pipeline/estimator.ts';
import type { StageReader } from '../../pipeline/stage-reader.ts';
import type { SavableStage, StageWriter } from '../../pipeline/stage-writer.ts';
import { placesOf, readEstimator, readMembers, type Stages } from '../members.ts';

/** The estimators of a stack. */
interface StackEstimators {
  readonly estimators: Stages;
  readonly finalEstimator: Estimator | undefined;
}

/** Writes them. */
export async function saveStackEstimators(
  writer: StageWriter,
  { estimators, finalEstimator }: StackEstimators,
): Promise<void> {
  writer.extra({ numStages: estimators.length });
  await writer.stages(estimators);
  if (finalEstimator !== undefined) await writer.stage('finalEstimator', finalEstimator);
}

/** Reads them. */
export async function readStackEstimators(reader: StageReader): Promise<StackEstimators> {
  const finalEstimator = reader.hasStage('finalEstimator')
    ? await readEstimator(reader, 'finalEstimator')
    : undefined;
  return { estimators: await readMembers(reader), finalEstimator };
}

/** Their places, for uids. */
export function stackPlaces({
  estimators,
  finalEstimator,
}: StackEstimators): (readonly [string | number, SavableStage])[] {
  const places = placesOf(estimators);
  return finalEstimator === undefined
    ? places
    : [...places, ['finalEstimator', finalEstimator] as const];
}
