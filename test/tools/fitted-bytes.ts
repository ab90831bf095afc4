/** What a fit leaves behind, in a form that can be compared: the saved folder and the predictions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Vector } from 'apache-arrow';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import type { Model } from '../../src/pipeline/model.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { folderContent } from './temporary-folder.ts';

export { treeBytes } from './tree-bytes.ts';

/** The files of a saved model by their hashes. */
export async function savedBytes(model: Model): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-saved-'));
  try {
    await model.save(join(folder, 'model'));
    return folderContent(join(folder, 'model'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The columns that a model adds, row by row; vectors are flattened. */
export async function predictionsOf(
  model: Model,
  table: PartitionedTable,
): Promise<Record<string, unknown[]>> {
  const scored = await model.transform(table);
  const added = scored.columns.filter((name) => !table.columns.includes(name));
  return await columnsOf(scored, added);
}

/** Columns of a table row by row; vectors are flattened. */
export async function columnsOf(
  table: PartitionedTable,
  names: readonly string[] = table.columns,
): Promise<Record<string, unknown[]>> {
  const collected = await table.collect();
  return Object.fromEntries(
    names.map((name) => [name, flat(collected.getChild(name) as Vector)] as const),
  );
}

/** The table of out-of-bag predictions, column by column; null where the fit was not asked for it. */
export async function outOfBagOf(model: TreeModel): Promise<Record<string, unknown[]> | null> {
  const predictions = model.summary.outOfBag?.predictions;
  if (!predictions) return null;
  const collected = await predictions.collect();
  return Object.fromEntries(
    predictions.columns.map((name) => [name, flat(collected.getChild(name) as Vector)] as const),
  );
}

function flat(vector: Vector): unknown[] {
  const child = vector.numChildren === 1 ? vector.getChildAt(0) : null;
  const cells = child ?? vector;
  return Array.from({ length: cells.length }, (_, i) => cells.get(i) as unknown);
}
