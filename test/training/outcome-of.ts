/** What a fit of random parameters and data comes to: its model, or that it was refused. */
import { isCoppiceError } from '../../src/base/errors.ts';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { outOfBagOf, predictionsOf, savedBytes } from '../tools/fitted-bytes.ts';

/** The saved bytes of a model and its predictions for a table, in a form that can be compared. */
export async function outcomeOf(fit: Promise<TreeModel>, table: PartitionedTable) {
  let model: TreeModel;
  try {
    model = await fit;
  } catch (error) {
    // random data may be refused (a class that only validation rows have): then everywhere
    if (isCoppiceError(error, 'LABEL_INVALID')) return { refused: error.code };
    throw error;
  }
  return {
    saved: await savedBytes(model),
    predictions: await predictionsOf(model, table),
    outOfBag: await outOfBagOf(model),
  };
}
