/**
 * Areas under ROC curves of more than two classes: each class against the rest, and each pair of classes.
 *
 * Driver: has the probabilities of as many classes gathered as there is room for, and averages. Executor:
 * `evaluation.classColumns` reads a partition, `evaluation.classRanks` sorts one class's probabilities of all partitions
 * and counts which rows lie above which. Cost: one read of the columns for each 2^24 probabilities, a sort for each
 * class; 28 bytes a row and class of those that are gathered together.
 */
import type { PartitionedTable } from '../table/partitioned-table.ts';
import { mapInOrder } from '../table/plan/map-in-order.ts';
import type { ClassRanks, ClassRanksTask } from './class-ranks.ts';
import { type EvaluateOptions, gatherParts, unknownLabel } from './evaluators/evaluator.ts';
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
  /** As many probabilities are gathered at once (2^24), of one class at least. */
  readonly room?: number;
}

/**
 * The areas of a scored table; NaN where a class has no rows or there are no two.
 *
 * @throws CoppiceError `LABEL_INVALID` for a label that is none of the classes, and what reading throws
 */
export async function classAreas(
  table: PartitionedTable,
  { numRows, room = 2 ** 24, ...request }: ClassAreasRequest,
  { signal }: EvaluateOptions,
): Promise<ClassAreas> {
  const { classes, labelCol } = request;
  const atOnce = Math.max(1, Math.floor(room / Math.max(1, numRows)));
  const ranks: ClassRanks[] = [];
  for (let first = 0; first < classes.length; first += atOnce) {
    const end = Math.min(classes.length, first + atOnce);
    const asked: ClassColumnsRequest = { ...request, first, end };
    const parts = await gatherParts<ClassColumnsPart>(table, 'evaluation.classColumns', asked, {
      signal,
    });
    for (const { stranger } of parts)
      if (stranger !== null) throw unknownLabel(labelCol, stranger, classes);
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
  return meansOf(ranks);
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
