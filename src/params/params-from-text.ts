/**
 * Parameters as they are typed on a command line: `maxIter=100,lossType=absolute,inputCols=a;b`. A comma
 * inside brackets, braces or quotes does not end a value, so JSON lists and objects can be written too.
 */
import { CoppiceError } from '../base/errors.ts';
import type { ParamSchema } from './define-params.ts';
import { paramSuggestion } from './other-names.ts';

/**
 * Options from `name=value` pairs; the values are checked later, by the constructor.
 *
 * @throws CoppiceError `PARAM_UNKNOWN`, `PARAM_INVALID`
 */
export function paramsFromText(params: ParamSchema, text: string): Record<string, unknown> {
  const options: [string, unknown][] = [];
  for (const pair of splitPairs(text)) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new CoppiceError(
        'PARAM_INVALID',
        `params of ${params.owner} must be name=value pairs; got "${pair}"`,
      );
    }
    const name = pair.slice(0, equals).trim();
    const spec = Object.hasOwn(params.schema, name) ? params.schema[name] : undefined;
    if (spec === undefined) {
      const hint = paramSuggestion(name, Object.keys(params.schema));
      const message = `${name} of ${params.owner} must be one of its parameters; ${hint}`;
      throw new CoppiceError('PARAM_UNKNOWN', message, {
        context: { owner: params.owner, param: name },
      });
    }
    if (options.some(([known]) => known === name)) {
      const message = `${name} of ${params.owner} must be given once; got it twice`;
      throw new CoppiceError('PARAM_INVALID', message, {
        context: { owner: params.owner, param: name },
      });
    }
    options.push([name, spec.fromText(pair.slice(equals + 1).trim())]);
  }
  return Object.fromEntries(options);
}

/** What stands behind `name=` among the pairs; undefined where it is not named. No schema is asked. */
export function textOfParam(text: string, name: string): string | undefined {
  const pair = splitPairs(text).find((held) => held.split('=', 1)[0]?.trim() === name);
  return pair?.slice(pair.indexOf('=') + 1).trim();
}

function splitPairs(text: string): string[] {
  const pairs: string[] = [];
  let start = 0;
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index <= text.length; index++) {
    const character = text[index];
    if (character === '\\' && isQuoted) index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === '[' || character === '{')) depth++;
    else if (!isQuoted && (character === ']' || character === '}')) depth--;
    else if (character === undefined || (character === ',' && depth === 0 && !isQuoted)) {
      const pair = text.slice(start, index).trim();
      if (pair !== '') pairs.push(pair);
      start = index + 1;
    }
  }
  return pairs;
}
