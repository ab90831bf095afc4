/** Which words does each command take? What they do stands with the commands themselves. */
import { Command, Option } from 'commander';
import {
  ascendingNumbers,
  computedColumn,
  countFromZero,
  list,
  oneOrMore,
  pairs,
  wholeNumber,
} from './option-values.ts';

const nullValues = [
  '--null-values <texts>',
  'texts of CSV that are missing values too, besides an empty cell, NA, N/A, NaN and null: ?,-999',
] as const;
const casts = [
  '--cast <types>',
  'types that columns of --data are read in: zip=string,price=double',
] as const;

const rows = [
  '--where <condition>',
  'only the rows of which it is true: "delay > 15 AND carrier <> \'UA\'"',
] as const;

/** The words of `fit`. */
export function fitCommand(): Command {
  return new Command('fit')
    .description('fit a model to a table and save it')
    .requiredOption('--data <paths...>', 'Parquet, Arrow or CSV: files, folders or globs')
    .option(...nullValues, list)
    .option(...casts, pairs)
    .option(...rows)
    .option(
      '--compute <column>',
      'a column of an expression, which the model computes too: speed=miles / hours',
      computedColumn,
    )
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
      "of uplift-forest: 1 where a row was treated, 0 where not; several: --params 'treatments=a;b'; default: treatment",
    )
    .option(
      '--survival-times <list>',
      'of lossType=cox or aft: times at which chances of survival are told, with the median time: 12,24,36',
      ascendingNumbers,
    )
    .option('--id-col <column>', 'a column that identifies a row; default: its position')
    .option(
      '--params <pairs>',
      "the estimator's own parameters: name=value,name=value, or a JSON object",
    )
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

/** The words of `tune`. */
export function tuneCommand(): Command {
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

/** The words of `transform`. */
export function transformCommand(): Command {
  return new Command('transform')
    .description('add the predictions of a model to a table')
    .requiredOption('--model <folder>', 'a saved model')
    .requiredOption('--data <paths...>', 'Parquet, Arrow or CSV: files, folders or globs')
    .option(...nullValues, list)
    .option(...casts, pairs)
    .option(...rows)
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

/** The words of `evaluate`. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('compare predictions with labels')
    .requiredOption('--data <paths...>', 'a scored table: files, folders or globs')
    .option(...nullValues, list)
    .option(...casts, pairs)
    .option(...rows)
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
    .option('--treatments <values>', 'of several those to be measured; default: all', list)
    .option('--control <value>', 'of several: the value of untreated rows')
    .option('--hazard', 'with --censor: predictions are hazards (lossType=cox), larger is earlier')
    .option('--drop-unlabelled', 'leave out the rows whose label is missing')
    .option('--prediction <column>', 'default: prediction')
    .option('--probability <column>', 'default: probability')
    .option('--threads <n>', 'default: as many as there are cores', wholeNumber);
}

/** Adds the words that say where the work is done. */
export function withSessionOptions(command: Command): Command {
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

/** The words of `executor`. */
export function executorCommand(): Command {
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

/** The words of `import`. */
export function importCommand(): Command {
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

/** The words of `inspect`. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what is in a saved model')
    .requiredOption('--model <folder>', 'a saved model')
    .option('--tree <n>', 'print one tree', countFromZero)
    .option('--dot', 'print it for Graphviz instead of as text; without --tree the first one')
    .option('--importance', 'print the importance of every feature');
}

/** The words of `export`. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a saved model for other runtimes')
    .requiredOption('--model <folder>', 'a saved model, or a pipeline that ends in one')
    .requiredOption('--out <file>', 'such as model.onnx, model.mjs or model.pmml')
    .addOption(
      new Option(
        '--format <name>',
        'onnx: ONNX Runtime 1.21 or later, in many languages; js: a JavaScript module without dependencies; pmml: PMML 4.4; default: what the name of the file ends in, else onnx',
      ).choices(['onnx', 'js', 'pmml']),
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
