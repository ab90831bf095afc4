/**
 * What a fit whose features cost something is told of the trees that are there already: the features that they look at, and
 * which of these each row meets on its way.
 *
 * The latter is found as the rows' scores are, where the table is read. The trees are taken again with other leaves: a leaf
 * says which features its way asks for, as digits of numbers, and the sums of a row's leaves count them.
 */

import { ceilLog2 } from '../../base/portable-math.ts';
import type { BoostingJob } from '../../training/messages.ts';
import type { TrainingTables } from '../../training/run-job.ts';
import { countedFeatures, digitsOf } from '../../tree/backend/cpu/row-costs.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { splitMembers } from '../model/member-trees.ts';
import { treesPerRound } from '../model/training-record.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import { scoredColumns } from './initial-model.ts';

/** Tables with what the trees so far give each row, where that stands, and what ranks are told besides. */
export interface TablesBefore extends TrainingTables {
  readonly paths: readonly (readonly string[])[];
  readonly facts: Pick<BoostingJob, 'usedFeatures' | 'metBefore'>;
}

/** Adds what the fit needs to know of trees that are there already. */
export async function featuresBefore(
  { featureCostsPerRow }: Pick<BoostingJob, 'featureCostsPerRow'>,
  before: TreeModelData,
  tables: TablesBefore,
): Promise<TablesBefore> {
  const rounds = before.checkpoint?.members?.map(({ numRounds }) => numRounds);
  const models =
    rounds === undefined
      ? [before.trees]
      : splitMembers(before.trees, rounds, treesPerRound(before));
  const usedFeatures = models.map(({ feature }) =>
    [...new Set(feature)].filter((index) => index >= 0),
  );
  const facts = { ...tables.facts, usedFeatures };
  if (featureCostsPerRow === undefined || before.trees.numTrees === 0) return { ...tables, facts };
  const counted = countedFeatures(featureCostsPerRow);
  const most = models.reduce((largest, { numTrees }) => Math.max(largest, numTrees), 0);
  const digitBits = ceilLog2(most + 1);
  const numColumns = Math.ceil(counted.length / digitsOf(digitBits));
  let { train, validation = [] } = tables;
  const paths = [...tables.paths];
  const first = paths.length;
  for (const trees of models) {
    const schemas = [train, ...validation.map(({ table }) => table)].map(({ schema }) => schema);
    const found = scoredColumns(
      {
        ...before,
        trees: countingTrees(trees, counted, { digitBits, numColumns }),
        baseScores: new Array<number>(numColumns).fill(0),
      },
      schemas,
      'metFeatures',
    );
    paths.push(...found.paths);
    train = found.score(train);
    validation = validation.map(({ set, table }) => ({ set, table: found.score(table) }));
  }
  const metBefore = { first, numColumns, digitBits };
  return { ...tables, paths, train, validation, facts: { ...facts, metBefore } };
}

/** Trees whose leaves say which features their ways ask for. */
function countingTrees(
  { linear: _, variance: __, ...trees }: TreeEnsemble,
  counted: readonly number[],
  { digitBits, numColumns }: { readonly digitBits: number; readonly numColumns: number },
): TreeEnsemble {
  const { numTrees, treeStart, feature, leftChild } = trees;
  const perColumn = digitsOf(digitBits);
  const value = new Float64Array(feature.length * numColumns);
  for (let t = 0; t < numTrees; t++) {
    const start = treeStart[t] as number;
    for (let n = start; n < (treeStart[t + 1] as number); n++) {
      const left = leftChild[n] as number;
      if (left === 0) continue;
      const way = value.slice(n * numColumns, (n + 1) * numColumns);
      const slot = counted.indexOf(feature[n] as number);
      if (slot >= 0) addDigit(way, Math.floor(slot / perColumn), (slot % perColumn) * digitBits);
      value.set(way, (start + left) * numColumns);
      value.set(way, (start + left + 1) * numColumns);
    }
  }
  return { ...trees, numOutputs: numColumns, value };
}

/** Makes a digit of one of a way's numbers 1. */
function addDigit(way: Float64Array, column: number, shift: number): void {
  const unit = 2 ** shift;
  const number = way[column] as number;
  if (Math.floor(number / unit) % 2 === 0) way[column] = number + unit;
}
