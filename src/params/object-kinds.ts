/**
 * Parameters that JSON cannot hold: functions of the user, and objects such as the stages of a pipeline.
 * A function is saved by its name and supplied again at load; an object is saved by its owner.
 */
import { isPlainObject } from '../base/json.ts';
import { isModuleFunction, type UserFunction, userFunctionName } from '../base/user-function.ts';
import {
  type CommonFacts,
  makeSpec,
  type ParamSpec,
  type PresenceOf,
  refused,
} from './param-spec.ts';

/** Stands for a saved function that the caller of load did not supply. */
export class MissingFunction {
  readonly functionName: string;

  constructor(functionName: string) {
    this.functionName = functionName;
  }
}

/** Facts of {@link func}. */
export interface FunctionFacts extends CommonFacts {
  /** In words, what the function takes and returns. */
  readonly rule?: string;
}

/** A function of the user: a closure, or `fromModule(url, name)`. */
export function func<Fn extends (...args: never[]) => unknown>(
  facts: FunctionFacts & { readonly required: true },
): ParamSpec<UserFunction<Fn>, 'required'>;
export function func<Fn extends (...args: never[]) => unknown>(
  facts: FunctionFacts,
): ParamSpec<UserFunction<Fn>, 'optional'>;
export function func(facts: FunctionFacts): ParamSpec<AnyFunction> {
  const check = (value: unknown): AnyFunction | typeof refused =>
    typeof value === 'function' || isModuleFunction(value) ? (value as AnyFunction) : refused;
  return makeSpec(
    {
      kind: 'func',
      rule: facts.rule ?? 'a function or fromModule(url, name)',
      check,
      toJson: (value) => ({ function: userFunctionName(value) }),
      fromJson: (saved, functions) => {
        if (!isPlainObject(saved) || typeof saved['function'] !== 'string') return saved;
        const name = saved['function'];
        return Object.hasOwn(functions, name) ? functions[name] : new MissingFunction(name);
      },
    },
    facts,
  );
}

/** The name of a function whose code is not at hand. */
export class FunctionName {
  /** The name under which it was saved. */
  readonly functionName: string;

  constructor(functionName: string) {
    this.functionName = functionName;
    Object.freeze(this);
  }
}

/**
 * A function of the user that is not needed any more: where it is not supplied at load its name is kept.
 *
 * @typeParam Fn the function's own type
 */
export function funcByName<Fn extends (...args: never[]) => unknown>(
  facts: CommonFacts,
): ParamSpec<UserFunction<Fn> | FunctionName, 'optional'> {
  const known = func<Fn>(facts);
  return makeSpec<UserFunction<Fn> | FunctionName, CommonFacts>(
    {
      kind: 'func',
      rule: `${known.rule}, or the name of one`,
      check: (value) => (value instanceof FunctionName ? value : known.check(value)),
      toJson: (value) =>
        value instanceof FunctionName ? { function: value.functionName } : known.toJson(value),
      fromJson: (saved, functions) => {
        const found = known.fromJson(saved, functions);
        return found instanceof MissingFunction ? new FunctionName(found.functionName) : found;
      },
    },
    facts,
  ) as ParamSpec<UserFunction<Fn> | FunctionName, 'optional'>;
}

type AnyFunction = UserFunction<(...args: never[]) => unknown>;

/** Facts of {@link object}. */
export interface ObjectFacts<T> extends CommonFacts {
  /** Completes "stages must be …". */
  readonly rule: string;
  /** The value as it is kept, or undefined when it is refused. */
  readonly accepts: (value: unknown) => T | undefined;
}

/** An object that its owner saves itself (a stage, a list of stages, an evaluator). */
export function object<T, const F extends ObjectFacts<T> = ObjectFacts<T>>(
  facts: F & ObjectFacts<T>,
): ParamSpec<T, PresenceOf<F>> {
  const check = (value: unknown): T | typeof refused => {
    const kept = facts.accepts(value);
    return kept === undefined ? refused : kept;
  };
  return makeSpec<T, F>(
    { kind: 'object', rule: facts.rule, check, toJson: () => undefined },
    facts,
  );
}
