/** The command `transform`: a table with the predictions of a saved model. */
import { requireField } from '../table/find-column.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { loadModel } from './load-model.ts';
import { grouped } from './progress-line.ts';
import { readData } from './read-data.ts';
import { secondsSince } from './seconds.ts';
import { type SessionCommandOptions, withSession } from './with-session.ts';
import { checkTableName, refuseExistingPath, writeData } from './write-data.ts';

/** Options of `transform`. */
export interface TransformCommandOptions extends CommonOptions, SessionCommandOptions {
  readonly model: string;
  readonly data: readonly string[];
  readonly out: string;
  readonly overwrite?: boolean;
  readonly drop?: readonly string[];
}

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
    const given = await readData(session, options.data);
    for (const name of options.drop ?? []) requireField(given.schema, name, '--drop');
    const table = given.drop(...(options.drop ?? []));
    const { signal, onProgress } = context;
    const scored = await model.transform(table, { signal, onProgress });
    await writeData(scored, options.out, { overwrite, signal, onProgress });
    const rows = await table.count({ signal });
    const seconds = secondsSince(start, context.clock);
    const added = scored.columns.filter((name) => !table.columns.includes(name));
    return {
      value: { command: 'transform', out: options.out, rows, added, seconds },
      text: `wrote ${grouped(rows)} rows with ${added.join(', ')} to ${options.out} in ${seconds} s`,
    };
  });
}
