/** What fitted baggings share: a committee that can tell which rows each member has not seen. */

import type { ParamSpecs } from '../../params/param-spec.ts';
import type { Prediction } from '../../pipeline/row-reader.ts';
import type { TransformOptions } from '../../pipeline/transformer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { CommitteeModel } from '../committee/committee-model.ts';
import { withMembers } from '../level-one/cross-fit.ts';
import { outOfBag } from './bag-rows.ts';
import { type BaggingValues, bagDraw } from './fit-bagging.ts';

/** A fitted bagging. */
export abstract class BaggedModel<
  S extends ParamSpecs = ParamSpecs,
  Q extends Prediction = Prediction,
> extends CommitteeModel<S, Q> {
  /**
   * The table that the model was fitted on, with predictions made only by members whose bag does not hold the row:
   * what an evaluator says about it holds for new rows too. A row in every bag has no prediction (null).
   *
   * @param table the rows of the fit, in their order, or with the same `idCol`
   */
  async outOfBag(
    table: PartitionedTable,
    options: TransformOptions = {},
  ): Promise<PartitionedTable> {
    this.transformSchema(table.schema);
    const { models, plan } = this.state;
    const draw = bagDraw(this.params as unknown as BaggingValues);
    let said = await withMembers(table, models, plan, options);
    for (const [bag, { columns }] of plan.members.entries())
      said = outOfBag(said, columns, draw, bag);
    return this.combined(table, said);
  }
}
