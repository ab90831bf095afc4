/** The command `import`: a model of LightGBM or XGBoost saved as one of ours. */
import { open, readFile } from 'node:fs/promises';
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import type { ImportedModel, ImportOptions } from '../ensemble/foreign/imported-model.ts';
import { readLightGBMModel, readXGBoostModel } from '../ensemble/foreign/read-foreign-model.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { modelFacts } from './model-facts.ts';
import { grouped } from './progress-line.ts';
import { nameValueLines } from './text-table.ts';

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
  const model = await read(file, {
    featuresCols: options.features,
    classes: options.classes?.map(classOf),
    categories: await categoriesOf(options.categories),
    numRounds: options.rounds,
    objective: options.objective,
  });
  await model.save(options.model, { overwrite });
  const facts = modelFacts(model);
  const source = model.data.source ?? '';
  const lines: [string, string][] = [
    ['model', options.model],
    ['class', model.className],
    ['from', source],
    ['trees', grouped(model.numTrees)],
    ['features', grouped(model.numFeatures)],
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
      features: [...model.featureNames],
    },
    text: nameValueLines(lines),
  };
}

/** LightGBM's text begins with the word tree; XGBoost's JSON and UBJSON with an object. */
async function read(path: string, options: ImportOptions): Promise<ImportedModel> {
  const head = Buffer.alloc(4);
  try {
    const file = await open(path);
    try {
      await file.read(head, 0, 4, 0);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new CoppiceError(
      'MODEL_FORMAT',
      `--file must be a model file that can be read; got ${path}: ${(cause as Error).message}`,
      { context: { file: path }, cause },
    );
  }
  if (head.toString('latin1') === 'tree') return await readLightGBMModel(path, options);
  if (head[0] === 0x7b) return await readXGBoostModel(path, options);
  throw new CoppiceError(
    'MODEL_FORMAT',
    `--file must be LightGBM's text (save_model) or XGBoost's JSON or UBJSON (.json, .ubj); got ${path}, which is neither: save the model so`,
    { context: { file: path } },
  );
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
