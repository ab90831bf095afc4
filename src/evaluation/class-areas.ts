/**
 * Areas under ROC curves of more than two classes: each class against the rest, and each pair of classes.
 *
 * Driver: has the probabilities of as many classes gathered as there is room for, and averages. Executor:
 * `evaluation.multiclass` reads a partition with all else, where there is room for all, or `evaluation.classColumns`, `evaluation.classRanks` sorts one class's probabilities of all partitions
 * and counts which rows lie above which. Cost: one read of the columns for each 2^24 probabilities, a sort for each
 * class; 28 bytes a row and class of those that are gathered together.
 */

import type { LabelValue } from '../pipeline/label-values.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { mapInOrder } from '../table/plan/map-in-order.ts';
import type { ClassRanks, ClassRanksTask } from './class-ranks.ts';
import { type EvaluateOptions, gatherParts } from './evaluators/evaluator.ts';
import type { ClassColumnsPart, ClassColumnsRequest } from './parts/class-columns.ts';

/** The areas, under the names of the metrics. */
export type ClassAreas = Readonly<
  Record<
    | 'areaUnderROCOneVsRest'
    | 'weightedAreaUnderROCOneVsRest'
    | 'areaUnderROCOneVsOne'
    | 'weightedAreaUnderROCOneVsOne',
    number
  >
>;

/** Whose areas. */
export interface ClassAreasRequest extends Omit<ClassColumnsRequest, 'first' | 'end'> {
  /** Rows of the table. */
  readonly numRows: number;
  /** The columns of all classes, where they have been read already. */
  readonly gathered?: readonly ClassColumnsPart[] | undefined;
  /** As many probabilities are gathered at once (2^24), of one class at least. */
  readonly room?: number;
}

/** The areas; without them a label that is none of the classes. */
export type ClassAreasFound =
  | { readonly areas: ClassAreas }
  | { readonly areas: null; readonly stranger: LabelValue };

/** As many probabilities are gathered at once, of one class at least. */
export const areaRoom = 2 ** 24;

/**
 * The areas of a scored table; NaN where a class has no rows or there are no two.
 *
 * @throws CoppiceError what reading throws
 */
export async function classAreas(
  table: PartitionedTable,
  { numRows, gathered, room = areaRoom, ...request }: ClassAreasRequest,
  { signal }: EvaluateOptions,
): Promise<ClassAreasFound> {
  const { classes } = request;
  const fitting = Math.max(1, Math.floor(room / Math.max(1, numRows)));
  const atOnce = gathered === undefined ? fitting : classes.length;
  const ranks: ClassRanks[] = [];
  for (let first = 0; first < classes.length; first += atOnce) {
    const end = Math.min(classes.length, first + atOnce);
    const asked: ClassColumnsRequest = { ...request, first, end };
    const read = 'evaluation.classColumns';
    const parts = gathered ?? (await gatherParts<ClassColumnsPart>(table, read, asked, { signal }));
    for (const { stranger } of parts) if (stranger !== null) return { areas: null, stranger };
    const rank = async (own: number): Promise<ClassRanks> => {
      const task: ClassRanksTask = {
        own,
        numClasses: classes.length,
        parts: parts.map(({ codes, weights, scores }) => {
          return { codes, weights, scores: scores[own - first] as Float64Array };
        }),
      };
      return await table.runner.run('evaluation.classRanks', task, { signal });
    };
    const places = Array.from({ length: end - first }, (_, k) => first + k);
    for await (const found of mapInOrder(places, table.runner.numThreads, rank)) ranks.push(found);
  }
  return { areas: meansOf(ranks) };
}

/** The means of scikit-learn's `roc_auc_score`: over all classes, and over the pairs of classes that have rows. */
function meansOf(ranks: readonly ClassRanks[]): ClassAreas {
  const rests = ranks.map(({ rest }) => rest);
  const present = [...ranks.keys()].filter((k) => (ranks[k] as ClassRanks).weight > 0);
  const pairs: number[] = [];
  const shares: number[] = [];
  for (const [i, a] of present.entries()) {
    for (const b of present.slice(i + 1)) {
      const [one, other] = [ranks[a] as ClassRanks, ranks[b] as ClassRanks];
      pairs.push(((one.pairs[b] as number) + (other.pairs[a] as number)) / 2);
      shares.push(one.weight + other.weight);
    }
  }
  return {
    areaUnderROCOneVsRest: weightedMean(rests),
    weightedAreaUnderROCOneVsRest: weightedMean(
      present.map((k) => rests[k] as number),
      present.map((k) => (ranks[k] as ClassRanks).weight),
    ),
    areaUnderROCOneVsOne: weightedMean(pairs),
    weightedAreaUnderROCOneVsOne: weightedMean(pairs, shares),
  };
}

/** NaN of nothing. */
function weightedMean(values: readonly number[], weights?: readonly number[]): number {
  let [sum, total] = [0, 0];
  values.forEach((value, i) => {
    const weight = weights?.[i] ?? 1;
    sum += value * weight;
    total += weight;
  });
  return sum / total;
}
