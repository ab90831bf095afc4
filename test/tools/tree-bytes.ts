/** The trees of a model in a form that can be compared; needs nothing of the test runner, for a benchmark that is packed. */
import { createHash } from 'node:crypto';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';

/** A model's trees: the hash of each of its arrays, so that many nodes are compared at once. */
export function treeBytes({ trees }: Pick<TreeModel, 'trees'>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(trees).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value)
        ? createHash('sha256')
            .update(value as Uint8Array)
            .digest('hex')
        : (value as number),
    ]),
  );
}
