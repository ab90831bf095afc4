/** The command `transform`: a table with the predictions of a saved model. */
import { existsSync } from 'node:fs';
import { Model } from '../pipeline/model.ts';
import type { Transformer } from '../pipeline/transformer.ts';
import { findField, requireField } from '../table/columns/find-column.ts';
import { typeName } from '../table/columns/type-name.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { loadModel } from './load-model.ts';
import { grouped } from './progress-line.ts';
import { type ReadDataOptions, readData } from './read-data.ts';
import { secondsSince } from './seconds.ts';
import { type SessionCommandOptions, withSession } from './with-session.ts';
import { checkTableName, refuseExistingPath, writeData } from './write-data.ts';

/** Options of `transform`. */
export interface TransformCommandOptions
  extends CommonOptions,
    ReadDataOptions,
    SessionCommandOptions {
  readonly model: string;
  readonly data: readonly string[];
  readonly out: string;
  readonly overwrite?: boolean;
  readonly drop?: readonly string[];
}

/** Timestamps without a zone, of any unit. */
const plainTimestamp = /^timestamp\((s|ms|us|ns)\)$/;

/** The command `transform`. */
export async function transform(
  options: TransformCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const start = context.clock();
  const overwrite = options.overwrite === true;
  checkTableName(options.out);
  refuseExistingPath(options.out, overwrite);
  const model = await loadModel(options.model);
  return await withSession(options, async (session) => {
    const like = model instanceof Model ? model.inputSchema : [];
    const given = await readData(session, options.data, { ...options, like });
    for (const name of options.drop ?? []) requireField(given.schema, name, '--drop');
    const table = inUnitsOf(model, given.drop(...(options.drop ?? [])), context);
    const { signal, onProgress } = context;
    const scored = await model.transform(table, { signal, onProgress });
    // what is replaced may be what is read
    const known = existsSync(options.out) ? await table.count({ signal }) : null;
    await writeData(scored, options.out, { overwrite, signal, onProgress });
    const rows = known ?? (await table.count({ signal }));
    const seconds = secondsSince(start, context.clock);
    const added = scored.columns.filter((name) => !table.columns.includes(name));
    return {
      value: { command: 'transform', out: options.out, rows, added, seconds },
      text: `wrote ${grouped(rows)} rows with ${added.join(', ')} to ${options.out} in ${seconds} s`,
    };
  });
}

/** The table with timestamps in the units that the model knows: writers, and versions of one, differ in them. */
function inUnitsOf(
  model: Transformer,
  table: PartitionedTable,
  { terminal }: CommandContext,
): PartitionedTable {
  const casts: Record<string, string> = {};
  for (const { name, type } of model instanceof Model ? model.inputSchema : []) {
    const found = findField(table.schema, name)?.type;
    if (!plainTimestamp.test(type) || found === undefined) continue;
    const given = typeName(found);
    if (given === type || !(plainTimestamp.test(given) || given === 'date')) continue;
    terminal.note(`${name}: ${given} is read as ${type}, as at fit`);
    casts[name] = type;
  }
  return Object.keys(casts).length === 0 ? table : table.cast(casts);
}
