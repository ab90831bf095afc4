/** The command `import`: a model of LightGBM, XGBoost, CatBoost or Spark ML saved as one of ours. */
import { open, readFile, stat } from 'node:fs/promises';
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import type { ImportOptions } from '../ensemble/foreign/imported-model.ts';
import {
  readCatBoostModel,
  readLightGBMModel,
  readXGBoostModel,
} from '../ensemble/foreign/read-foreign-model.ts';
import { readSparkModel } from '../ensemble/foreign/spark/read-spark-model.ts';
import { LinearModel } from '../linear/linear-model.ts';
import type { Model } from '../pipeline/model.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { modelFacts, treeModelOf } from './model-facts.ts';
import { grouped } from './progress-line.ts';
import { nameValueLines } from './text-table.ts';
import { checkModelPath } from './write-data.ts';

/** Options of `import`. */
export interface ImportCommandOptions extends CommonOptions {
  readonly file: string;
  readonly model: string;
  readonly features?: readonly string[];
  readonly classes?: readonly string[];
  readonly categories?: string;
  readonly rounds?: number;
  readonly objective?: string;
  readonly overwrite?: boolean;
}

/** The command `import`. */
export async function importModel(
  options: ImportCommandOptions,
  _context: CommandContext,
): Promise<CommandResult> {
  const { file, overwrite = false } = options;
  await checkModelPath(options.model, overwrite);
  const model = await read(file, {
    featuresCols: options.features,
    classes: options.classes?.map(classOf),
    categories: await categoriesOf(options.categories),
    numRounds: options.rounds,
    objective: options.objective,
  });
  await model.save(options.model, { overwrite });
  const facts = modelFacts(model);
  const trees = treeModelOf(model);
  const source = trees?.data.source ?? 'Spark';
  const features = trees === null ? namesOf(model) : trees.featureNames;
  const lines: [string, string][] = [
    ['model', options.model],
    ['class', model.className],
    ['from', source],
    ...(trees === null ? [] : [['trees', grouped(trees.numTrees)] as [string, string]]),
    ['features', grouped(features.length)],
    ...(facts.classes === undefined
      ? []
      : [['classes', facts.classes.map(String).join(', ')] as [string, string]]),
  ];
  return {
    value: {
      command: 'import',
      model: options.model,
      class: model.className,
      source,
      ...facts,
      features: [...features],
    },
    text: nameValueLines(lines),
  };
}

/** The features of a linear model; a pipeline without a model has the columns that it reads. */
function namesOf(model: Model): readonly string[] {
  const { stages = [model] } = model as { readonly stages?: readonly object[] };
  const last = stages.findLast((stage) => stage instanceof LinearModel);
  return last instanceof LinearModel
    ? (last as LinearModel).featureNames
    : model.inputSchema.map(({ name }) => name);
}

/** What CatBoost's JSON may begin with, and its binary format. */
const catBoostStart =
  /^(CBM1|\{\s*"(ctr_data|features_info|model_info|oblivious_trees|scale_and_bias|trees)")/;

/**
 * Spark writes a folder. LightGBM's text begins with the word tree; XGBoost's JSON and UBJSON with an object, and so does
 * CatBoost's JSON, whose first key tells it apart.
 */
async function read(path: string, options: ImportOptions): Promise<Model> {
  const head = Buffer.alloc(64);
  try {
    const found = await stat(path);
    if (found.isDirectory()) return await readSpark(path, options);
    // a pipe gives what it has once, and opening one may wait for ever
    if (!found.isFile()) throw new Error('it is a pipe or a device; write what it gives to a file');
    const file = await open(path);
    try {
      await file.read(head, 0, head.length, 0);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isCoppiceError(cause)) throw cause;
    throw new CoppiceError(
      'MODEL_FORMAT',
      `--file must be a model file that can be read; got ${path}: ${(cause as Error).message}`,
      { context: { file: path }, cause },
    );
  }
  const start = head.toString('latin1');
  if (start.startsWith('tree')) return await readLightGBMModel(path, options);
  if (catBoostStart.test(start)) return await readCatBoostModel(path, options);
  // a list is a dump, which is refused as such
  if (/^(\{|\[\s*[{\]])/.test(start)) return await readXGBoostModel(path, options);
  throw new CoppiceError(
    'MODEL_FORMAT',
    `--file must be LightGBM's text (save_model) or XGBoost's JSON or UBJSON (.json, .ubj), CatBoost's JSON, or the folder that Spark ML saved; got ${path}, which is none (pickles, ONNX and PMML are not read): save the model so`,
    { context: { file: path } },
  );
}

async function readSpark(path: string, options: ImportOptions): Promise<Model> {
  const { categories, numRounds, objective, ...own } = options;
  const given = { '--categories': categories, '--rounds': numRounds, '--objective': objective };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return await readSparkModel(path, own);
  const message = `${flag} must be left out for a model of Spark ML, whose folder says it; got one for ${path}`;
  throw new CoppiceError('USAGE', message, { context: { file: path } });
}

/** Numbers and booleans as such, all else as text. */
function classOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

async function categoriesOf(path: string | undefined): Promise<ImportOptions['categories']> {
  if (path === undefined) return undefined;
  const refuse = (cause: unknown): CoppiceError =>
    new CoppiceError(
      'USAGE',
      `--categories must be a JSON object: for each column the list of its values, by their codes; got ${path}`,
      { context: { file: path }, cause },
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw refuse(cause);
  }
  if (!isPlainObject(parsed) || !Object.values(parsed).every(Array.isArray))
    throw refuse(undefined);
  return parsed as NonNullable<ImportOptions['categories']>;
}
