/**
 * Where a stage declares its parameters, once. The types of the constructor's options and of the resolved
 * values are inferred from that declaration, and the JSDoc above each parameter shows up on both.
 */
import { str } from './kinds.ts';
import type { ParamSpec, ParamSpecs } from './param-spec.ts';

/** Parameters that every stage has. */
export const stageParams = {
  /** The stage's name; by default the class and a hash of the saved parameters. */
  uid: str({ since: '0.1.0' }),
};

/** Whether a parameter was given, be it with the value that it has by default. */
export type IsGiven = (name: string) => boolean;

/** The declared parameters of one class, and the check across them. */
export interface ParamSchema<S extends ParamSpecs = ParamSpecs> {
  /** The class that has the parameters; its name in errors and in saved metadata. */
  readonly owner: string;
  /** Every parameter by name, in the order of declaration. */
  readonly schema: S;
  /** Null, or a sentence that begins with the name of the parameter at fault. */
  crossCheck(params: Resolved<S>, isGiven: IsGiven): string | null;
}

type RequiredNames<S> = {
  [K in keyof S]: S[K] extends ParamSpec<infer _, 'required'> ? K : never;
}[keyof S];

/** What a constructor takes: required parameters must be there, the others may be left out. */
export type Options<S> = {
  [K in keyof S as K extends RequiredNames<S> ? K : never]: ValueOf<S[K]>;
} & { [K in keyof S as K extends RequiredNames<S> ? never : K]?: ValueOf<S[K]> | undefined };

/** What a stage works with: every parameter has its value or default; frozen. */
export type Resolved<S> = {
  readonly [K in keyof S]: S[K] extends ParamSpec<infer T, infer P>
    ? 'optional' extends P
      ? T | undefined
      : T
    : never;
};

/** The type of one parameter's value. */
export type ValueOf<P> = P extends ParamSpec<infer T> ? T : never;

/**
 * Declares the parameters of a class.
 *
 * @param owner the name of the class
 * @param specs its parameters, in the order in which they are documented and saved
 * @param crossCheck looks at several parameters together: null, or a sentence such as
 *   `'upper must be larger than lower'` that begins with the parameter at fault; its second argument tells which
 *   parameters were given
 * @example
 * ```ts
 * import { defineParams, int, resolveParams } from 'coppice';
 * const params = defineParams('Smoother', {
 *   width: int({ default: 3, min: 1 }),
 * });
 * console.log(resolveParams(params, { width: 5 }).width); // 5
 * ```
 */
export function defineParams<S extends ParamSpecs>(
  owner: string,
  specs: S,
  crossCheck: (params: Resolved<S & typeof stageParams>, isGiven: IsGiven) => string | null = () =>
    null,
): ParamSchema<S & typeof stageParams> {
  return Object.freeze({ owner, schema: Object.freeze({ ...specs, ...stageParams }), crossCheck });
}
