/**
 * Spark's feature stages as ours, where they do the same. A table of what is known of the columns goes along: which ones
 * are indices of texts, and of which.
 */
import { Float64, Utf8 } from 'apache-arrow';
import { IndexToString } from '../../../feature/categories/index-to-string.ts';
import { OneHotEncoderModel } from '../../../feature/categories/one-hot-encoder-model.ts';
import { StringIndexerModel } from '../../../feature/categories/string-indexer-model.ts';
import { unknownCategory } from '../../../feature/handle-invalid.ts';
import { Binarizer } from '../../../feature/numbers/binarizer.ts';
import { Bucketizer } from '../../../feature/numbers/bucketizer.ts';
import { ImputerModel } from '../../../feature/numbers/imputer-model.ts';
import { MinMaxScalerModel } from '../../../feature/numbers/min-max-scaler-model.ts';
import { StandardScalerModel } from '../../../feature/numbers/standard-scaler-model.ts';
import { VectorAssembler } from '../../../feature/vectors/vector-assembler.ts';
import { logicalSchema } from '../../../pipeline/logical-schema.ts';
import type { Transformer } from '../../../pipeline/transformer.ts';
import { featureColumns } from '../../../table/columns/column-values.ts';
import type { KnownColumns } from './known-columns.ts';
import type { SparkFolder } from './spark-folder.ts';
import {
  flagParam,
  numberListsParam,
  numberParam,
  numbersParam,
  pairOptions,
  textParam,
  textsParam,
} from './spark-params.ts';
import { vectorOf } from './spark-vectors.ts';

type Maker = (
  folder: SparkFolder,
  columns: KnownColumns,
) => Promise<Transformer | readonly Transformer[]>;

const makers: Readonly<Record<string, Maker>> = {
  StringIndexerModel: stringIndexer,
  OneHotEncoderModel: oneHotEncoder,
  ImputerModel: imputer,
  StandardScalerModel: standardScaler,
  MinMaxScalerModel: minMaxScaler,
  VectorAssembler: vectorAssembler,
  Bucketizer: bucketizer,
  Binarizer: binarizer,
  IndexToString: indexToString,
};

/** Classes of Spark that make columns out of others. */
export const stageClasses: readonly string[] = Object.keys(makers);

/** The stage of ours, or several that do the same. @throws CoppiceError `MODEL_FORMAT`, `UNSUPPORTED` */
export async function sparkStages(
  folder: SparkFolder,
  columns: KnownColumns,
): Promise<readonly Transformer[]> {
  const stages = [await (makers[folder.className] as Maker)(folder, columns)].flat();
  for (const stage of stages) columns.pass(stage);
  return stages;
}

interface Pairs {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly options: Record<string, string | readonly string[]>;
}

function pairsOf(folder: SparkFolder): Pairs {
  const options = pairOptions(folder);
  const list = (one: string, many: string): readonly string[] =>
    [options[many] ?? options[one] ?? []].flat();
  const inputs = list('inputCol', 'inputCols');
  const outputs = list('outputCol', 'outputCols');
  if (inputs.length === outputs.length) return { options, inputs, outputs };
  throw folder.file.malformed(
    `names ${inputs.length} columns to read and ${outputs.length} to add`,
  );
}

async function stringIndexer(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const row = await folder.oneRow();
  const { inputs, outputs, options } = pairsOf(folder);
  // before Spark 3 there was one column
  const labels = row['labelsArray'] ?? [row['labels']];
  if (!isListsOfTexts(labels) || labels.length !== inputs.length)
    throw folder.file.malformed('has no list of labels a column');
  if (labels.some((own) => new Set(own).size !== own.length))
    throw folder.file.malformed('has a label twice');
  const handleInvalid = invalidOf(folder);
  columns.need(inputs, () => new Utf8());
  outputs.forEach((name, i) => {
    const own = labels[i] as readonly string[];
    columns.labels.set(name, handleInvalid === 'keep' ? [...own, unknownCategory(own)] : own);
  });
  const order = textParam(folder, 'stringOrderType');
  const given = {
    ...{ ...options, handleInvalid },
    ...(order === undefined ? {} : { stringOrderType: order as 'frequencyDesc' }),
    // Spark takes a missing text for one that was never seen
    ...(handleInvalid === 'keep' ? { missingAsUnknown: true } : {}),
  };
  return new StringIndexerModel(given, { labels, inputSchema: schemaOf(columns, inputs) });
}

async function oneHotEncoder(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const { inputs, options } = pairsOf(folder);
  const { categorySizes: sizes } = await folder.oneRow();
  if (!Array.isArray(sizes) || sizes.length !== inputs.length)
    throw folder.file.malformed('has no size a column');
  columns.need(inputs, () => new Float64());
  const categories = inputs.map((name, i) => {
    const labels = columns.labels.get(name);
    const size: unknown = sizes[i];
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > 1 << 20)
      throw folder.file.malformed(`has ${size} categories of ${name}`);
    if (labels === undefined) return Array.from({ length: size as number }, (_, k) => `${k}`);
    if (labels.length === size) return labels;
    throw folder.file.malformed(
      `has ${size} categories of ${name}, which has ${labels.length} texts`,
    );
  });
  const handleInvalid = invalidOf(folder);
  if (handleInvalid === 'skip')
    throw folder.file.malformed('has a handleInvalid that it cannot have');
  const dropLast = flagParam(folder, 'dropLast', true);
  return new OneHotEncoderModel(
    { ...options, handleInvalid, dropLast },
    { categories, inputSchema: schemaOf(columns, inputs) },
  );
}

async function imputer(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const { inputs, options } = pairsOf(folder);
  const row = await folder.oneRow();
  const surrogates = inputs.map((name) => {
    const value = row[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw folder.file.malformed(`has no number for missing values of ${name}`);
  });
  refuseTexts(folder, columns, inputs);
  columns.need(inputs, () => new Float64());
  const strategy = textParam(folder, 'strategy') ?? 'mean';
  const missingValue = numberParam(folder, 'missingValue') ?? Number.NaN;
  return new ImputerModel(
    { ...options, strategy: strategy as 'mean', missingValue },
    { surrogates, inputSchema: schemaOf(columns, inputs) },
  );
}

async function standardScaler(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const row = await folder.oneRow();
  const { inputs, options, size } = scaledInput(folder, columns, row['mean']);
  return new StandardScalerModel(
    {
      ...options,
      withMean: flagParam(folder, 'withMean', false),
      withStd: flagParam(folder, 'withStd', true),
    },
    {
      means: [vectorOf(folder.file, row['mean'], 'mean', size)],
      deviations: [vectorOf(folder.file, row['std'], 'std', size)],
      inputSchema: schemaOf(columns, inputs),
    },
  );
}

async function minMaxScaler(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const row = await folder.oneRow();
  const { inputs, options, size } = scaledInput(folder, columns, row['originalMin']);
  return new MinMaxScalerModel(
    {
      ...options,
      min: numberParam(folder, 'min') ?? 0,
      max: numberParam(folder, 'max') ?? 1,
    },
    {
      minima: [vectorOf(folder.file, row['originalMin'], 'originalMin', size)],
      maxima: [vectorOf(folder.file, row['originalMax'], 'originalMax', size)],
      inputSchema: schemaOf(columns, inputs),
    },
  );
}

/** The vector that a scaler reads; how long one is that the model begins with, its own numbers say. */
function scaledInput(
  folder: SparkFolder,
  columns: KnownColumns,
  numbers: unknown,
): Pairs & { readonly size: number } {
  const pairs = pairsOf(folder);
  const [input = ''] = pairs.inputs;
  const { size, values } = (numbers ?? {}) as {
    readonly size?: unknown;
    readonly values?: unknown;
  };
  const length = typeof size === 'number' ? size : Array.isArray(values) ? values.length : 0;
  columns.needVector(folder.file, input, length);
  const parts = featureColumns(columns.schema, { featuresCol: input });
  refuseTexts(folder, columns, [input, ...parts.map(({ name }) => `${input}\0${name}`)]);
  return { ...pairs, size: parts.length };
}

async function vectorAssembler(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const inputCols = textsParam(folder, 'inputCols');
  const outputCol = textParam(folder, 'outputCol');
  if (inputCols === undefined || outputCol === undefined)
    throw folder.file.malformed('names no inputCols and outputCol');
  columns.need(inputCols, () => new Float64());
  for (const { name, path } of featureColumns(columns.schema, { featuresCols: inputCols })) {
    const labels = columns.labels.get(path.join('\0'));
    if (labels !== undefined) columns.labels.set(`${outputCol}\0${name}`, labels);
  }
  return new VectorAssembler({ inputCols, outputCol, handleInvalid: invalidOf(folder) });
}

async function bucketizer(folder: SparkFolder, columns: KnownColumns): Promise<Transformer[]> {
  const { inputs, outputs } = pairsOf(folder);
  const handleInvalid = invalidOf(folder);
  if (handleInvalid === 'skip') {
    throw folder.file.unsupported(
      "has handleInvalid 'skip', by which rows with missing values are left out",
      "drop these rows before (na.drop), and save it with handleInvalid 'error'",
    );
  }
  refuseTexts(folder, columns, inputs);
  columns.need(inputs, () => new Float64());
  const one = numbersParam(folder, 'splits') ?? [];
  const splitsArray = numberListsParam(folder, 'splitsArray') ?? inputs.map(() => one);
  if (handleInvalid === 'error')
    return [new Bucketizer({ inputCols: inputs, outputCols: outputs, splitsArray })];
  // there a missing value has the bucket behind the others, and one outside the splits is an error all the same
  const known = outputs.map((name) => `${name}__known`);
  const surrogates = inputs.map((_, i) => (splitsArray[i]?.length ?? 0) - 1);
  return [
    new Bucketizer({ inputCols: inputs, outputCols: known, splitsArray }),
    new ImputerModel(
      { inputCols: known, outputCols: outputs },
      { surrogates, inputSchema: known.map((name) => ({ name, type: 'double' })) },
    ),
  ];
}

async function binarizer(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const { inputs, options } = pairsOf(folder);
  refuseTexts(folder, columns, inputs);
  columns.need(inputs, () => new Float64());
  const thresholds = numbersParam(folder, 'thresholds');
  return new Binarizer({
    ...options,
    ...(thresholds === undefined
      ? { threshold: numberParam(folder, 'threshold') ?? 0 }
      : { thresholds }),
  });
}

async function indexToString(folder: SparkFolder, columns: KnownColumns): Promise<Transformer> {
  const { inputs, options } = pairsOf(folder);
  const labels = textsParam(folder, 'labels') ?? [];
  const [input = ''] = inputs;
  columns.need(inputs, () => new Float64());
  const own = columns.labels.get(input);
  if (labels.length === 0 && own === undefined) {
    throw folder.file.unsupported(
      `takes its labels from what Spark knows of the column ${input}`,
      'save it with labels: setLabels(indexerModel.labels)',
    );
  }
  if (own === undefined) return new IndexToString({ ...options, labels });
  if (labels.length === 0 || labels.every((label, i) => label === own[i]))
    return new IndexToString(options);
  throw folder.file.unsupported(
    `gives the texts of ${input} other names`,
    'index them by these names',
  );
}

/** Refuses indices of texts where Spark computes with them. */
function refuseTexts(folder: SparkFolder, columns: KnownColumns, names: readonly string[]): void {
  const found = names.find((name) => columns.labels.has(name));
  if (found === undefined) return;
  throw folder.file.unsupported(
    `computes with the index of ${found.split('\0').at(-1)}, whose values are text here`,
    'put a OneHotEncoder between them',
  );
}

function schemaOf(
  columns: KnownColumns,
  names: readonly string[],
): ReturnType<typeof logicalSchema> {
  return logicalSchema(columns.schema, [...new Set(names)]);
}

function invalidOf(folder: SparkFolder): 'error' | 'skip' | 'keep' {
  const value = textParam(folder, 'handleInvalid') ?? 'error';
  if (value === 'error' || value === 'skip' || value === 'keep') return value;
  throw folder.file.malformed(`has a handleInvalid ${value}`);
}

function isListsOfTexts(value: unknown): value is readonly (readonly string[])[] {
  return (
    Array.isArray(value) &&
    value.every((list) => Array.isArray(list) && list.every((one) => typeof one === 'string'))
  );
}
