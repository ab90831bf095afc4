/** The command line as a function of its words: declares the commands, parses, runs, gives the exit code. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { libraryVersion } from '../pipeline/format-version.ts';
import { type CommonOptions, runCommand, type Surroundings } from './command.ts';
import type { ExitCode } from './exit-codes.ts';

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

const nullValues = [
  '--null-values <texts>',
  'texts of CSV that are missing values too, besides an empty cell, NA, N/A, NaN and null: ?,-999',
] as const;

function fitCommand(): Command {
  return new Command('fit')
    .description('fit a model to a table and save it')
    .requiredOption('--data <paths...>', 'Parquet, Arrow or CSV: files, folders or globs')
    .option(...nullValues, list)
    .option('--label <column>', 'the column to predict; several numbers: a,b', oneOrMore)
    .requiredOption('--model <folder>', 'where to save the model')
    .addOption(
      new Option(
        '--algo <name>',
        'gbt: boosted trees, rf: random forest, extra-trees: forest of random cuts, dt: one tree, linear: logistic or linear regression of filled numbers and encoded categories, stack: the first three together, isolation-forest: anomalies, without a label, uplift-forest: what a treatment changes (--treatment)',
      )
        .choices([
          ...['gbt', 'rf', 'extra-trees', 'dt', 'linear', 'stack', 'isolation-forest'],
          'uplift-forest',
        ])
        .default('gbt'),
    )
    .addOption(
      new Option('--task <name>', 'what the label is')
        .choices(['auto', 'classification', 'regression', 'ranking'])
        .default('auto'),
    )
    .option('--drop-unlabelled', 'leave out the rows whose label is missing')
    .option(
      '--features <columns>',
      'comma-separated; default: every other column, but not an index that pandas wrote',
      list,
    )
    .option('--ignore <columns>', 'columns that are no features', list)
    .option('--categorical <columns>', 'numeric columns whose values are categories', list)
    .option('--weight <column>', 'weights of rows')
    .option('--group <column>', 'the query of each row: rows are ranked within it')
    .option(
      '--treatment <column>',
      'of uplift-forest: 1 where a row was treated, 0 where not; default: treatment',
    )
    .option('--id-col <column>', 'a column that identifies a row; default: its position')
    .option('--params <pairs>', "the estimator's own parameters: name=value,name=value")
    .option('--params-file <file>', 'a JSON object of parameters; --params wins over it')
    .option('--valid <paths...>', 'a table to watch for early stopping')
    .option('--initial-model <folder>', 'a saved model to grow further trees behind')
    .option(
      '--checkpoint-dir <folder>',
      'keep the rounds or trees so far here, to go on after a kill',
    )
    .option(
      '--checkpoint-interval <n>',
      'rounds or trees between checkpoints; default: 10',
      wholeNumber,
    )
    .option('--threads <n>', 'default: as many as there are cores', wholeNumber)
    .addOption(
      new Option(
        '--device <name>',
        'where boosted trees are trained; the model is the same',
      ).choices(['cpu', 'gpu', 'auto']),
    )
    .option('--seed <n>', 'seed of every random choice', countFromZero)
    .option('--overwrite', 'replace a model that is there already');
}

function tuneCommand(): Command {
  const command = new Command('tune').description(
    'try parameters on folds, fit the best on all rows and save it',
  );
  for (const option of fitCommand().options) {
    const isOther = ['--initial-model', '--checkpoint-dir', '--checkpoint-interval'];
    if (!isOther.includes(option.long ?? '')) command.addOption(option);
  }
  return command
    .requiredOption('--grid <file>', 'JSON: an object of lists, or a list of objects of parameters')
    .option(
      '--metric <name>',
      'such as auc, rmse or ndcg@5; default: logLoss, rmse, ndcg@10, concordance',
    )
    .option('--folds <n>', 'default: 3', wholeNumber)
    .option('--stratified', 'the same share of every class in each fold')
    .option('--fold-group <column>', 'rows of one group stay in one fold')
    .option('--fold-time <column>', 'each fold is measured on what came after')
    .option('--fold-col <column>', "a column that says each row's fold")
    .option('--halving <resource>', 'rows or a parameter: little for all, more for the better ones')
    .option('--early-stopping <share>', "the share of each fit's rows to stop on", Number)
    .option('--results <file>', 'keeps the metrics, so that a search can go on');
}

function transformCommand(): Command {
  return new Command('transform')
    .description('add the predictions of a model to a table')
    .requiredOption('--model <folder>', 'a saved model')
    .requiredOption('--data <paths...>', 'Parquet, Arrow or CSV: files, folders or globs')
    .option(...nullValues, list)
    .requiredOption(
      '--out <path>',
      'x.parquet, x.csv or x.arrow; a name without an ending: a Parquet folder',
    )
    .option(
      '--drop <columns>',
      'columns of --data to leave out, such as predictions of another model',
      list,
    )
    .option('--threads <n>', 'default: as many as there are cores', wholeNumber)
    .option('--overwrite', 'replace what is at --out');
}

function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('compare predictions with labels')
    .requiredOption('--data <paths...>', 'a scored table: files, folders or globs')
    .option(...nullValues, list)
    .requiredOption('--label <column>', 'the true values; of several predictions: a,b', oneOrMore)
    .option('--metric <names>', 'comma-separated, such as auc,logloss,rmse; default: all', list)
    .addOption(
      new Option('--task <name>', 'what the label is')
        .choices(['auto', 'binary', 'multiclass', 'regression', 'ranking', 'survival', 'uplift'])
        .default('auto'),
    )
    .option('--weight <column>', 'weights of rows')
    .option('--group <column>', 'the query of each row, for ndcg@10, map, mrr, precision@10')
    .option('--censor <column>', 'whether the event came (1) or not (0), for concordance of times')
    .option('--upper-bound <column>', 'the latest time of the event, --label being the earliest')
    .option('--treatment <column>', 'whether rows were treated (1) or not (0), for qini and auuc')
    .option('--hazard', 'with --censor: predictions are hazards (lossType=cox), larger is earlier')
    .option('--drop-unlabelled', 'leave out the rows whose label is missing')
    .option('--prediction <column>', 'default: prediction')
    .option('--probability <column>', 'default: probability')
    .option('--threads <n>', 'default: as many as there are cores', wholeNumber);
}

/** Where the work is done. */
function withSessionOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--session <kind>',
        'where to work; executors and Spark read --data under their own paths',
      )
        .choices(['local', 'executors', 'spark'])
        .default('local'),
    )
    .option(
      '--executors <addresses>',
      'host:port,host:port of `coppice executor`s; on Spark how many members, such as 8',
      list,
    )
    .option('--spark <url>', 'sc://host:port of a Spark Connect server; default: SPARK_REMOTE')
    .option('--rendezvous <folder>', 'where launched executors announce themselves')
    .option('--world <n>', 'how many of them there are', wholeNumber)
    .option('--token-file <file>', 'a file with the secret that the executors, or Spark, know')
    .option('--tls-ca <file>', "the authority that signed the others' certificates, PEM")
    .option('--tls-cert <file>', 'a certificate to show to them, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option(
      '--session-name <name>',
      'the work outlives this process; the same command takes it up',
    );
}

function executorCommand(): Command {
  return new Command('executor')
    .description('serve drivers on other machines: train and read for them')
    .requiredOption('--listen <address>', 'host:port; beyond 127.0.0.1 only with TLS')
    .requiredOption('--token-file <file>', 'a file with the secret that drivers must know')
    .option('--tls-cert <file>', 'the certificate of this host, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--tls-ca <file>', 'drivers must show a certificate that this authority signed')
    .option('--data-root <folders...>', 'folders whose files it may read; default: none')
    .option('--allow-url <prefixes...>', 'URLs below which it may read files; default: none')
    .option('--modules <folders...>', 'folders whose modules it may import; default: none')
    .option('--max-memory <megabytes>', 'for the training data', wholeNumber)
    .option('--threads <n>', 'default: as many as there are cores', wholeNumber)
    .addOption(
      new Option(
        '--rendezvous <folder>',
        'announce the address there, under the rank of the launcher',
      ).env('COPPICE_RENDEZVOUS'),
    )
    .option('--silence <seconds>', 'give a silent driver up after; default: 15', wholeNumber);
}

function importCommand(): Command {
  return new Command('import')
    .description('save a model of LightGBM, XGBoost, CatBoost or Spark ML as a model of ours')
    .requiredOption(
      '--file <path>',
      "LightGBM's text, XGBoost's .json or .ubj or CatBoost's .json (save_model), or the folder of Spark ML's model.save",
    )
    .requiredOption('--model <folder>', 'where to save the model')
    .option(
      '--features <columns>',
      "the columns in the file's order of features; default: as there",
      list,
    )
    .option(
      '--classes <values>',
      'the classes in the order of their numbers; default: as there, else 0,1,…',
      list,
    )
    .option('--categories <file>', 'JSON: for each column of categories the values of its codes')
    .option(
      '--rounds <n>',
      'default: the best ones where the file tells them, else all',
      wholeNumber,
    )
    .option('--objective <name>', 'what was minimised, where the file does not tell')
    .option('--overwrite', 'replace a model that is there already');
}

function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what is in a saved model')
    .requiredOption('--model <folder>', 'a saved model')
    .option('--tree <n>', 'print one tree', countFromZero)
    .option('--dot', 'print it for Graphviz instead of as text; without --tree the first one')
    .option('--importance', 'print the importance of every feature');
}

function exportCommand(): Command {
  return new Command('export')
    .description('write a saved model for other runtimes')
    .requiredOption('--model <folder>', 'a saved model, or a pipeline that ends in one')
    .requiredOption('--out <file>', 'such as model.onnx or model.mjs')
    .addOption(
      new Option(
        '--format <name>',
        'onnx: ONNX Runtime 1.21 or later, in many languages; js: a JavaScript module without dependencies; default: js for .js and .mjs, else onnx',
      ).choices(['onnx', 'js']),
    )
    .addOption(
      new Option(
        '--inputs <kind>',
        'columns: an input for each column; matrix: one of all numbers, named features',
      ).choices(['columns', 'matrix']),
    )
    .addOption(
      new Option(
        '--number-type <name>',
        'the type of the numbers it is given; default: double',
      ).choices(['double', 'float']),
    )
    .option('--missing-text <text>', 'the text that stands for a missing category; default: empty')
    .option(
      '--types',
      'declarations for TypeScript beside a JavaScript module: model.d.mts for model.mjs',
    )
    .option('--overwrite', 'replace a file that is there already');
}

/** The reading of options that may be given again; what they name then is added. */
const repeatable: readonly unknown[] = [list, oneOrMore];

/** An option of one value that is given twice would lose the first one without a word. */
function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    const parse = option.parseArg;
    if (option.isBoolean() || option.variadic || repeatable.includes(parse)) continue;
    let isGiven = false;
    option.argParser((text: string, previous: unknown) => {
      if (isGiven) throw new InvalidArgumentError('It was given before, and takes one value.');
      isGiven = true;
      return parse === undefined ? text : parse(text, previous);
    });
  }
}

/** A column, or a list of them where it is given again. */
function oneOrMore(text: string, previous: string | readonly string[] | undefined) {
  return previous === undefined ? text : [previous, text].flat();
}

/** `a,b,c`, or a JSON array where a name holds a comma; given again, the names are added. */
function list(text: string, previous: readonly string[] = []): string[] {
  return [...previous, ...namesIn(text)];
}

function namesIn(text: string): string[] {
  if (text.trim().startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed;
    } catch {
      // Falls through to the sentence below.
    }
    throw new InvalidArgumentError('A JSON array of strings was expected.');
  }
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('A whole number above 0 was expected.');
}

function countFromZero(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number from 0 was expected.');
}
