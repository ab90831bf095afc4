/** What models of boosted trees have beside other tree models: what each round adds, new leaf values from new rows. */

import { CoppiceError } from '../../base/errors.ts';
import { FunctionName } from '../../params/object-kinds.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import type { Prediction } from '../../pipeline/row-reader.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { TreeModel } from '../model/tree-model.ts';
import type { GBTParams } from '../params/gbt-params.ts';
import { type EvaluateRoundsOptions, evaluateRounds } from './evaluate-rounds.ts';
import type { BoostedFacts } from './fit-gbt.ts';
import { type RefitOptions, refitData } from './refit-leaves.ts';

/**
 * Parameters of a model with the function that was minimised, or without.
 *
 * @throws CoppiceError `PARAM_INVALID` where only its name is known
 */
export function withKnownFunctions<P extends { readonly objectiveFunction: unknown }>(
  owner: string,
  params: P,
): P & FunctionsOfParams {
  const { objectiveFunction } = params;
  if (objectiveFunction instanceof FunctionName) {
    const name = objectiveFunction.functionName;
    throw new CoppiceError(
      'PARAM_INVALID',
      `objectiveFunction of ${owner} must be at hand to refit leaves; got the name ${name} alone; load the model with { functions: { ${name} } }`,
      { context: { owner, param: 'objectiveFunction' } },
    );
  }
  return { ...params, metricFunction: undefined } as P & FunctionsOfParams;
}

type FunctionsOfParams = Pick<GBTParams, 'objectiveFunction' | 'metricFunction'>;

/** A fitted model of boosted trees. */
export abstract class BoostedModel<
  S extends ParamSpecs = ParamSpecs,
  Q extends Prediction = Prediction,
> extends TreeModel<S, Q> {
  /** @internal How it was fitted. */
  protected abstract get boosted(): BoostedFacts;

  /**
   * What the model's first round, its first two, and so on make of a table: each metric's values, one a round, as
   * `truncate(k)` would have them for every k. Labels, weights and offsets are read from the columns that the fit named.
   *
   * Cost: O(rows · trees · depth) for all rounds together. Determinism: exact sums; the same bits on any number of
   * threads and partitions.
   *
   * @throws CoppiceError `USAGE` for an unknown metric, `UNSUPPORTED` for several labels, linear leaves,
   *   lossType cox and functions of one's own, `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `LABEL_INVALID`, `DATA_EMPTY`,
   *   `ABORTED`
   * @example
   * ```ts
   * import { createTable, GBTRegressor } from 'coppice';
   * const table = createTable({ x: [1, 2, 3, 4], label: [1, 2, 3, 4] });
   * const regressor = new GBTRegressor({ featuresCols: ['x'], minInstancesPerNode: 1, maxIter: 3 });
   * const model = await regressor.fit(table);
   * const { rmse = [] } = await model.evaluateEachIteration(table, { metrics: ['rmse'] });
   * console.log(rmse.length, rmse.map((value) => value.toFixed(2)).join(' ')); // 3 1.01 0.91 0.82
   * ```
   * @see docs/guides/training-longer.md
   */
  async evaluateEachIteration(
    table: PartitionedTable,
    options: EvaluateRoundsOptions = {},
  ): Promise<Readonly<Record<string, readonly number[]>>> {
    return await evaluateRounds(this, this.boosted, table, options);
  }

  /**
   * The same trees with leaf values from other rows: splits, gains and covers stay. Tree by tree each leaf moves from
   * its old value towards the one that it would get if the tree had just been grown on these rows,
   * `decayRate · old + (1 − decayRate) · new`, with the step size, penalties and constraints of the fit, and so does
   * the score that boosting starts from. A leaf that none of the rows reach keeps its value. Labels, weights, offsets
   * and groups are read from the columns that the fit named; all rows count.
   *
   * Cost: O(rows · trees · depth). Determinism: exact sums; the same bits on any number of threads and partitions.
   * With `decayRate: 0` the rows of a fit that drew none give its model back.
   *
   * @throws CoppiceError `USAGE` for a rate outside 0 to 1, `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `LABEL_INVALID`,
   *   `DATA_EMPTY`, `ABORTED`
   * @example
   * ```ts
   * import { createTable, GBTRegressor } from 'coppice';
   * const x = [1, 2, 3, 4];
   * const regressor = new GBTRegressor({ featuresCols: ['x'], minInstancesPerNode: 1, maxIter: 5 });
   * const model = await regressor.fit(createTable({ x, label: [1, 2, 3, 4] }));
   * const later = await model.refitLeaves(createTable({ x, label: [2, 4, 6, 8] }), { decayRate: 0.5 });
   * console.log(later.numTrees); // 5
   * ```
   * @see docs/guides/training-longer.md
   */
  async refitLeaves(table: PartitionedTable, options: RefitOptions = {}): Promise<this> {
    const data = await refitData(this, this.boosted, table, options);
    return Reflect.construct(this.constructor, [this.givenOptions, data]) as this;
  }
}
