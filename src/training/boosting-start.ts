/**
 * Where boosting starts: the objective now that the classes are known, the first scores, the grid that scores
 * lie on, and how many bits the gradients take (from their first spread).
 */
import { ceilLog2, powerOfTwo } from '../base/portable-math.ts';
import { firstSpread } from './first-spread.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { BoostingJob } from './messages.ts';
import { type Objective, objectiveOf } from './objective.ts';
import { chooseSlotBytes } from './quantise.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** What is settled before the rows are binned. */
export interface BoostingStart {
  readonly objective: Objective;
  /** Scores to start from, one an output. */
  readonly start: readonly number[];
  /** Leaf values and starting scores are whole multiples of it. */
  readonly scoreUnit: number;
  readonly slotBytes: 4 | 8;
  /** True where the labels are one class: there is nothing to learn. */
  readonly isConstant: boolean;
}

/** Settles it; the labels of objectives that centre them are moved to 0 in place. */
export async function startBoosting(
  environment: RankEnvironment,
  job: BoostingJob,
  rows: Pick<IngestedRows, 'classes' | 'train' | 'labels' | 'weights' | 'validation'>,
): Promise<BoostingStart> {
  const objective = objectiveOf(job, rows.classes);
  if (job.objective === 'classes' && rows.classes.length < 2) {
    return { objective, start: [0], scoreUnit: 0, slotBytes: 4, isConstant: true };
  }
  const labels = environment.f64(rows.labels + 8 * rows.train.start, rows.train.count);
  const weights =
    rows.weights === 0
      ? null
      : environment.f64(rows.weights + 8 * rows.train.start, rows.train.count);
  const start = await objective.start(environment, { labels, weights });
  const spread = await firstSpread(environment, objective, { labels, weights }, start);
  // centred labels scale a regression's scores; margins of classes are of the order of 16
  const scale = objective.centresLabels ? spread.largest.label : 16;
  const scoreUnit = powerOfTwo(Math.max(-1000, ceilLog2(scale) - 40));
  if (objective.centresLabels) {
    const base = start[0] as number;
    for (const part of [rows.train, rows.validation]) {
      const values = environment.f64(rows.labels + 8 * part.start, part.count);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - base;
    }
  }
  return {
    objective,
    start: objective.centresLabels
      ? start
      : start.map((score) => Math.round(score / scoreUnit) * scoreUnit),
    scoreUnit,
    slotBytes: chooseSlotBytes(spread.largest, spread.mean),
    isConstant: false,
  };
}
