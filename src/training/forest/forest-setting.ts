/** How a forest job's splits are measured and limited, in the units of its integers. */
import type { ForestUnits } from '../../tree/backend/cpu/forest-findings.ts';
import type { ForestKind, ForestSetting } from '../../tree/backend/cpu/forest-plan.ts';
import { directionsOf } from '../../tree/split-shaping.ts';
import type { IngestedRows } from '../ingest/ingest.ts';
import type { ForestJob } from '../messages.ts';
import type { ForestStart } from './forest-start.ts';

const ln2 = 0.6931471805599453;

/** What kernels need to know. */
export function forestSetting(
  job: ForestJob,
  rows: IngestedRows,
  start: ForestStart,
): ForestSetting {
  const numPlaces = rows.layout.places.length;
  const amount = job.featuresPerNode ?? numPlaces;
  const numDrawn = Math.max(1, amount < 1 ? Math.ceil(amount * numPlaces) : amount);
  const units = forestUnits(start);
  const minInfoGain = inGains(job, job.split.minInfoGain);
  return {
    kind: kindOf(job, rows),
    numClasses: numForestOutputs(job, rows),
    impurity: job.impurity,
    minArmRows: job.minArmRows ?? 0,
    countShift: start.countShift,
    numDrawn: numDrawn >= numPlaces ? 0 : numDrawn,
    seed: job.seed,
    minInstancesPerNode: job.split.minInstancesPerNode,
    minWeight: (job.split.minWeightFraction * start.totalWeight) / units.weight,
    minGain: (minInfoGain * units.weight) / units.gain,
    maxCategoriesPerSplit: job.split.maxCategoriesPerSplit,
    rowsPerCategory: job.split.rowsPerCategory,
    isRandom: job.drawsCuts,
    directions: directionsOf(job.monotone ?? [], rows.layout),
  };
}

/** A user's impurity in the unit of gains: entropy is counted in bits by Spark, in natural units here. */
export function inGains(job: ForestJob, impurity: number): number {
  return job.impurity === 'entropy' ? impurity * ln2 : impurity;
}

/** What a unit of the kernels' integers is worth. */
export function forestUnits({ targetUnit, weightUnit }: ForestStart): ForestUnits {
  return { weight: weightUnit, gain: (targetUnit * targetUnit) / weightUnit };
}

/** Values of a node: one a label, or one a class. */
export function numForestOutputs(
  { task }: ForestJob,
  { classes, otherLabels }: Pick<IngestedRows, 'classes' | 'otherLabels'>,
): number {
  return task === 'regression' ? 1 + otherLabels.length : Math.max(1, classes.length);
}

function kindOf(job: ForestJob, rows: IngestedRows): ForestKind {
  if (job.task === 'regression') return rows.otherLabels.length > 0 ? 'numbers' : 'number';
  const numClasses = rows.classes.length;
  return numClasses === 2 && job.impurity === 'gini' ? 'two classes' : 'classes';
}

/** What leaves are settled from: counts that the nodes have already, or the leaves' rows. */
export function settledLeaves(job: ForestJob, rows: IngestedRows): 'means' | 'shares' | 'counts' {
  if (job.task === 'regression') return 'means';
  return rows.weights === 0 ? 'counts' : 'shares';
}
