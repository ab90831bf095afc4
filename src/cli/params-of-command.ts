/** The estimator's parameters from `--params-file` and `--params`; what stands in `--params` wins. */
import { readFile } from 'node:fs/promises';
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import type { ParamSchema } from '../params/define-params.ts';
import { paramsFromText } from '../params/params-from-text.ts';

/**
 * Options for the estimator's constructor, which checks them.
 *
 * @throws CoppiceError `USAGE`, `PARAM_UNKNOWN`, `PARAM_INVALID`
 */
export async function readParams(
  schema: ParamSchema,
  options: { readonly params?: string; readonly paramsFile?: string },
): Promise<Record<string, unknown>> {
  const fromFile = options.paramsFile === undefined ? {} : await readParamsFile(options.paramsFile);
  const fromText = options.params === undefined ? {} : paramsFromText(schema, options.params);
  return { ...fromFile, ...fromText };
}

async function readParamsFile(path: string): Promise<Record<string, unknown>> {
  const refuse = (why: string, cause: unknown): CoppiceError =>
    new CoppiceError(
      'USAGE',
      `--params-file must be a JSON object of parameters; got ${path}, ${why}`,
      {
        context: { file: path },
        cause,
      },
    );
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
