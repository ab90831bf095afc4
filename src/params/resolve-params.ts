/**
 * From the options of a constructor to checked, complete, frozen parameters. A name that the class does
 * not have and a value that breaks its rule are refused here, with the sentence every such error has:
 * `maxIter of GBTRegressor must be an integer ≥ 1; got 0`.
 */
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import type { Options, ParamSchema, Resolved } from './define-params.ts';
import { MissingFunction } from './object-kinds.ts';
import { paramSuggestion } from './other-names.ts';
import { type ParamSpecs, refused } from './param-spec.ts';

/**
 * Checks options and fills in defaults.
 *
 * @returns a frozen object with every parameter of the schema
 * @throws CoppiceError `PARAM_UNKNOWN`, `PARAM_INVALID`
 */
export function resolveParams<S extends ParamSpecs>(
  params: ParamSchema<S>,
  options: Options<S> | undefined,
): Resolved<S> {
  const { owner, schema } = params;
  const given = readOptions(owner, options);
  const names = Object.keys(schema);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) throw unknownParam(owner, name, names);
  }
  const values: [string, unknown][] = names.map((name) => [name, resolveOne(params, name, given)]);
  const resolved = Object.freeze(Object.fromEntries(values)) as Resolved<S>;
  const complaint = params.crossCheck(resolved, (name) => given[name] !== undefined);
  if (complaint !== null) throw crossCheckFailed(owner, complaint, resolved);
  return resolved;
}

/** The options that were given a value, in the schema's order: what is saved as set. */
export function givenOptions<S extends ParamSpecs>(
  params: ParamSchema<S>,
  options: Options<S> | undefined,
): Options<S> {
  const given = (options ?? {}) as Record<string, unknown>;
  const names = Object.keys(params.schema).filter((name) => given[name] !== undefined);
  return Object.freeze(Object.fromEntries(names.map((name) => [name, given[name]]))) as Options<S>;
}

/** The error for a value that breaks its rule; also for rules that only the data can decide. */
export function paramInvalid(
  owner: string,
  name: string,
  rule: string,
  value: unknown,
): CoppiceError {
  const got = describeValue(value);
  return new CoppiceError('PARAM_INVALID', `${name} of ${owner} must be ${rule}; got ${got}`, {
    context: { owner, param: name, value: got },
  });
}

function readOptions(owner: string, options: unknown): Record<string, unknown> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw paramInvalid(owner, 'options', 'one object of parameters', options);
  }
  return options as Record<string, unknown>;
}

function resolveOne(params: ParamSchema, name: string, given: Record<string, unknown>): unknown {
  const spec = params.schema[name];
  if (spec === undefined) return undefined;
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined) {
    if (spec.presence === 'required')
      throw paramInvalid(params.owner, name, `given: ${spec.rule}`, value);
    return spec.default;
  }
  if (value instanceof MissingFunction)
    throw functionMissing(params.owner, name, value.functionName);
  const kept = spec.check(value);
  if (kept === refused) throw paramInvalid(params.owner, name, spec.rule, value);
  return kept;
}

function unknownParam(owner: string, name: string, names: readonly string[]): CoppiceError {
  const message = `${name} of ${owner} must be one of its parameters; ${paramSuggestion(name, names)}`;
  return new CoppiceError('PARAM_UNKNOWN', message, { context: { owner, param: name } });
}

function functionMissing(owner: string, name: string, functionName: string): CoppiceError {
  const message =
    `${name} of ${owner} was saved as the function ${functionName}, whose code is not in the saved files; ` +
    `give it to load as { functions: { ${functionName} } }`;
  return new CoppiceError('FUNCTION_MISSING', message, {
    context: { owner, param: name, function: functionName },
  });
}

/** `validationIndicatorCol must differ from labelCol` becomes the full sentence with owner and value. */
function crossCheckFailed(owner: string, complaint: string, resolved: object): CoppiceError {
  const name = /^\w+/.exec(complaint)?.[0] ?? 'params';
  const got = describeValue((resolved as Record<string, unknown>)[name]);
  const message = `${name} of ${owner}${complaint.slice(name.length)}; got ${got}`;
  return new CoppiceError('PARAM_INVALID', message, {
    context: { owner, param: name, value: got },
  });
}
