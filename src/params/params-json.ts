/**
 * Parameters as JSON and back: what was set and what was left at its default, in the order of the
 * declaration. Parameters marked noSave, and objects that their owner saves itself, are not part of it.
 */
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject, type Json, type JsonObject } from '../base/json.ts';
import type { Options, ParamSchema, Resolved } from './define-params.ts';
import type { NamedFunctions, ParamSpecs } from './param-spec.ts';

/** The saved parameters of a stage. */
export interface SavedParams {
  /** What the constructor was given. */
  readonly set: JsonObject;
  /** What it was not given. */
  readonly default: JsonObject;
}

/** Splits resolved parameters into those set and those left at their defaults. */
export function paramsToJson<S extends ParamSpecs>(
  params: ParamSchema<S>,
  resolved: Resolved<S>,
  given: Options<S>,
): SavedParams {
  const set: [string, Json][] = [];
  const defaults: [string, Json][] = [];
  for (const [name, spec] of Object.entries(params.schema)) {
    const value = (resolved as Record<string, unknown>)[name];
    if (spec.noSave || value === undefined) continue;
    const json = spec.toJson(value);
    if (json === undefined) continue;
    (Object.hasOwn(given, name) ? set : defaults).push([name, json]);
  }
  return { set: Object.fromEntries(set), default: Object.fromEntries(defaults) };
}

/**
 * Options for a constructor from saved parameters. Only what was set comes back as set; a default that
 * another version saved differently comes back as set too, so that the stage stays what it was.
 */
export function paramsFromJson<S extends ParamSpecs>(
  params: ParamSchema<S>,
  saved: unknown,
  functions: NamedFunctions = {},
): Partial<Options<S>> {
  if (!isPlainObject(saved) || !isPlainObject(saved['set']) || !isPlainObject(saved['default'])) {
    throw new CoppiceError(
      'MODEL_FORMAT',
      `the saved params of ${params.owner} must have set and default`,
    );
  }
  const options: [string, unknown][] = [];
  for (const [name, json] of Object.entries(saved['set'])) {
    options.push([name, fromJson(params, name, json as Json, functions)]);
  }
  for (const [name, json] of Object.entries(saved['default'])) {
    const spec = specOf(params, name);
    const now = spec.default === undefined ? undefined : spec.toJson(spec.default);
    if (JSON.stringify(now) !== JSON.stringify(json)) {
      options.push([name, fromJson(params, name, json as Json, functions)]);
    }
  }
  return Object.fromEntries(options) as Partial<Options<S>>;
}

function fromJson(
  params: ParamSchema,
  name: string,
  json: Json,
  functions: NamedFunctions,
): unknown {
  return specOf(params, name).fromJson(json, functions);
}

function specOf(params: ParamSchema, name: string): ParamSpecs[string] {
  const spec = Object.hasOwn(params.schema, name) ? params.schema[name] : undefined;
  if (spec === undefined) {
    throw new CoppiceError(
      'MODEL_FORMAT',
      `the saved parameter ${name} is not one of ${params.owner}`,
      {
        context: { owner: params.owner, param: name },
      },
    );
  }
  return spec;
}
