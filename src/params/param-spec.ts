/**
 * What one parameter of a stage is: its kind, bounds and default, how a value is checked, and how it
 * becomes JSON and back. Everything that is said about a parameter (types, checks, error text, saved
 * form, docs, test values) derives from this one declaration; prose stands in the JSDoc above it.
 */
import type { Json } from '../base/json.ts';
import type { UserFunction } from '../base/user-function.ts';

/** Must be given, has a default, or may stay undefined. */
export type Presence = 'required' | 'defaulted' | 'optional';

/** What the check returns for a value that breaks the rule. */
export const refused: unique symbol = Symbol('refused');

/** Functions supplied by the user when a saved stage is loaded, by the name they were saved under. */
export type NamedFunctions = Readonly<Record<string, UserFunction<(...args: never[]) => unknown>>>;

/** Facts of a parameter that do not depend on its kind. */
export interface CommonFacts {
  /** The version that brought it. */
  readonly since?: string;
  /** Has no influence on the model, so it is neither saved nor part of the uid. */
  readonly noSave?: boolean;
  /** Has no default and must be given. */
  readonly required?: boolean;
}

/** One parameter; `T` is the type of its value. */
export interface ParamSpec<T = unknown, P extends Presence = Presence> {
  /** `int`, `float`, `oneOf`, …: which generator of test values and which table row of the docs it gets. */
  readonly kind: string;
  /** Must it be given? */
  readonly presence: P;
  /** The value when it is left out. */
  readonly default: T | undefined;
  /** Completes the sentence "maxIter must be …", for example `an integer ≥ 1`. */
  readonly rule: string;
  /** Has no influence on the model and is not saved. */
  readonly noSave: boolean;
  /** On a command line a file may hold the value: what such a file is said to hold; null where none may. */
  readonly inFile: string | null;
  /** The version that brought it. */
  readonly since: string | undefined;
  /** Bounds, allowed values and the like, as they were declared. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** The value as it is kept (frozen where it is an object), or `refused`. */
  check(value: unknown): T | typeof refused;
  /** The saved form; undefined for a value that is saved in another way (a nested stage). */
  toJson(value: T): Json | undefined;
  /** A value for `check` from its saved form. */
  fromJson(json: Json, functions: NamedFunctions): unknown;
  /** A value for `check` from what was typed on a command line. */
  fromText(text: string): unknown;
}

/** The parameters of a stage by name. */
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

/** The presence that a kind's facts amount to. */
export type PresenceOf<F> = F extends { readonly required: true }
  ? 'required'
  : F extends { readonly default: NonNullable<unknown> | null }
    ? 'defaulted'
    : 'optional';

/** What a kind must say; the rest is filled in by {@link makeSpec}. */
export interface KindOf<T> {
  readonly kind: string;
  readonly rule: string;
  readonly check: (value: unknown) => T | typeof refused;
  readonly toJson?: (value: T) => Json | undefined;
  readonly fromJson?: (json: Json, functions: NamedFunctions) => unknown;
  readonly fromText?: (text: string) => unknown;
  readonly inFile?: string;
}

/** Makes a spec of a kind and the declared facts. */
export function makeSpec<T, const F extends CommonFacts & { readonly default?: unknown }>(
  kind: KindOf<T>,
  facts: F,
): ParamSpec<T, PresenceOf<F>> {
  const given = facts.default === undefined ? undefined : kind.check(facts.default);
  if (given === refused) {
    throw new TypeError(`the default of a ${kind.kind} parameter must be ${kind.rule}`);
  }
  const presence =
    facts.required === true ? 'required' : given === undefined ? 'optional' : 'defaulted';
  return Object.freeze({
    kind: kind.kind,
    presence: presence as PresenceOf<F>,
    default: given,
    rule: kind.rule,
    noSave: facts.noSave === true,
    inFile: kind.inFile ?? null,
    since: facts.since,
    facts: { ...facts } as Readonly<Record<string, unknown>>,
    check: kind.check,
    toJson: kind.toJson ?? ((value: T) => value as Json),
    fromJson: kind.fromJson ?? ((json: Json) => json),
    fromText: kind.fromText ?? ((text: string) => text),
  });
}
