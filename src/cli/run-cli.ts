/** The command line as a function of its words: parses, runs, gives the exit code. */
import { Command, CommanderError } from 'commander';
import { libraryVersion } from '../pipeline/format-version.ts';
import { type CommonOptions, runCommand, type Surroundings } from './command.ts';
import {
  evaluateCommand,
  executorCommand,
  exportCommand,
  fitCommand,
  importCommand,
  inspectCommand,
  transformCommand,
  tuneCommand,
  withSessionOptions,
} from './command-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { refuseRepeated } from './option-values.ts';

/** Runs the command line; never throws and never ends the process. */
export async function runCli(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = declareCommands(surroundings, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (words.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      const record = { error: { code: 'USAGE', message, context: {} } };
      surroundings.stdout.write(`${JSON.stringify(record)}\n`);
    }
    return 2;
  }
}

function declareCommands(
  surroundings: Surroundings,
  setExitCode: (code: ExitCode) => void,
): Command {
  const program = new Command('coppice')
    .description('Fits, applies and inspects ensembles of trees on Parquet, Arrow and CSV files.')
    .version(libraryVersion)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage, 3 bad data, 4 bad model, 130 interrupted.' +
        '\nExample:\n  coppice fit --data train.parquet --label delayed --algo gbt --model model',
    );
  const add = (command: Command): Command => {
    command
      .option('--json', 'print one JSON object on stdout')
      .option('-q, --quiet', 'no remarks and no progress on stderr');
    refuseRepeated(command);
    program.addCommand(command.copyInheritedSettings(program));
    return command;
  };
  const run = async <O extends CommonOptions>(
    load: Parameters<typeof runCommand<O>>[0],
    options: O,
  ): Promise<void> => setExitCode(await runCommand(load, options, surroundings));

  add(withSessionOptions(fitCommand())).action((options) =>
    run(async () => (await import('./fit.ts')).fit, options),
  );
  add(withSessionOptions(tuneCommand())).action((options) =>
    run(async () => (await import('./tune.ts')).tune, options),
  );
  add(withSessionOptions(transformCommand())).action((options) =>
    run(async () => (await import('./transform.ts')).transform, options),
  );
  add(withSessionOptions(evaluateCommand())).action((options) =>
    run(async () => (await import('./evaluate.ts')).evaluate, options),
  );
  add(importCommand()).action((options) =>
    run(async () => (await import('./import-model.ts')).importModel, options),
  );
  add(inspectCommand()).action((options) =>
    run(async () => (await import('./inspect.ts')).inspect, options),
  );
  add(exportCommand()).action((options) =>
    run(async () => (await import('./export.ts')).exportModel, options),
  );
  add(executorCommand()).action((options) =>
    run(async () => (await import('./executor.ts')).executor, options),
  );
  add(
    new Command('doctor')
      .description('what this machine has: Node, cores, WebAssembly, threads')
      .option('--gpu', 'try the GPU out: adapter, driver, limits, a self-test, its speed'),
  ).action((options) => run(async () => (await import('./doctor.ts')).doctor, options));
  return program;
}
