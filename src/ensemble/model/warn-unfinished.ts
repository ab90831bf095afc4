/** Says of a checkpoint that is used as a model what its predictions lack. */
import { emitWarning } from '../../base/warn.ts';
import type { TreeModelData } from './tree-model-data.ts';

const told = new WeakSet<TreeModelData>();

/**
 * A word, once, where the trees are those of a fit that has not begun with all the models it averages: what is missing
 * counts as no change, so that predictions lie too near those of a model without trees.
 */
export function warnWhereUnfinished(owner: string, data: TreeModelData): void {
  const members = data.checkpoint?.members ?? [];
  const numBegun = members.filter(({ numRounds }) => numRounds > 0).length;
  if (numBegun === members.length || told.has(data)) return;
  told.add(data);
  emitWarning(
    `${owner} is the checkpoint of a fit that averages ${members.length} models, of which ${numBegun} have trees yet: ` +
      'the others add nothing to its predictions, which lie too near the start; fit again with the same checkpointDir to finish it',
  );
}
