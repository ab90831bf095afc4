/** The estimator's parameters from `--params-file` and `--params`; what stands in `--params` wins. */
import { readFile } from 'node:fs/promises';
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import type { ParamSchema } from '../params/define-params.ts';
import { paramsFromText, textOfParam } from '../params/params-from-text.ts';

/** What is given by both. */
interface GivenParams {
  readonly params?: string;
  readonly paramsFile?: string;
}

/**
 * Options for the estimator's constructor, which checks them.
 *
 * @throws CoppiceError `USAGE`, `PARAM_UNKNOWN`, `PARAM_INVALID`
 */
export async function readParams(
  schema: ParamSchema,
  options: GivenParams,
): Promise<Record<string, unknown>> {
  const fromFile = options.paramsFile === undefined ? {} : await readParamsFile(options.paramsFile);
  const fromText = options.params === undefined ? {} : typedParams(schema, options.params);
  return await withFiles(schema, { ...fromFile, ...fromText });
}

/** Pairs, or a JSON object such as a file holds. */
function typedParams(schema: ParamSchema, text: string): Record<string, unknown> {
  return isObjectText(text) ? objectOfText(text) : paramsFromText(schema, text);
}

/**
 * The loss that is asked for, before it is known whose parameter it is; null where none is.
 *
 * @throws CoppiceError `USAGE`
 */
export async function readLossType({ params, paramsFile }: GivenParams): Promise<string | null> {
  const typed = params === undefined ? undefined : lossInText(params);
  if (typed !== undefined) return String(typed);
  if (paramsFile === undefined) return null;
  const { lossType } = await readParamsFile(paramsFile);
  return typeof lossType === 'string' ? lossType : null;
}

function lossInText(text: string): unknown {
  return isObjectText(text) ? objectOfText(text)['lossType'] : textOfParam(text, 'lossType');
}

function isObjectText(text: string): boolean {
  return text.trim().startsWith('{');
}

function objectOfText(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new CoppiceError(
      'USAGE',
      `--params must be name=value pairs or a JSON object of parameters; got ${text}, which is no JSON. --params-file takes the name of a file of JSON`,
      { cause },
    );
  }
}

/** Values that a file may hold are read from it where they are given as its path. */
async function withFiles(
  { schema }: ParamSchema,
  params: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const read = { ...params };
  for (const [name, value] of Object.entries(params)) {
    const held = Object.hasOwn(schema, name) ? schema[name]?.inFile : null;
    if (typeof held !== 'string' || typeof value !== 'string' || value.trim().startsWith('{'))
      continue;
    read[name] = await readJsonFile(value, name, held);
  }
  return read;
}

async function readParamsFile(path: string): Promise<Record<string, unknown>> {
  return await readJsonFile(path, '--params-file', 'parameters');
}

async function readJsonFile(
  path: string,
  option: string,
  what: string,
): Promise<Record<string, unknown>> {
  const refuse = (why: string, cause: unknown): CoppiceError =>
    new CoppiceError('USAGE', `${option} must be a JSON object of ${what}; got ${path}, ${why}`, {
      context: { file: path },
      cause,
    });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw refuse('which cannot be read', cause);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw refuse('which is no JSON', cause);
  }
  if (!isPlainObject(parsed)) throw refuse('which holds something else', undefined);
  return parsed;
}
