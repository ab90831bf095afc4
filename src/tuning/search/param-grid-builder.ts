/** Every combination of some values of some parameters, for a search. */
import { checkObject } from '../../base/check-options.ts';
import { CoppiceError } from '../../base/errors.ts';
import { freezeJson, type Json } from '../../base/json.ts';
import type { ParamMap } from './param-map.ts';

/**
 * Builds the grid of a search: every combination of the values, the parameter added last varying fastest.
 *
 * Names are parameters of the estimator, or ways to one inside a pipeline: `GBTClassifier.maxDepth`,
 * `0.handleInvalid`. With the estimator's options as type argument a misspelt name is a compile error.
 *
 * @typeParam P parameters by name, for instance `GBTClassifierOptions`
 * @example
 * ```ts
 * import { type GBTClassifierOptions, ParamGridBuilder } from 'coppice';
 * const grid = new ParamGridBuilder<GBTClassifierOptions>()
 *   .baseOn({ maxIter: 50 })
 *   .addGrid('maxDepth', [3, 6])
 *   .addGrid('stepSize', [0.1, 0.3])
 *   .build();
 * console.log(grid.length, grid[1]); // 4 { maxIter: 50, maxDepth: 3, stepSize: 0.3 }
 * ```
 * @see docs/guides/tuning.md
 */
export class ParamGridBuilder<P = Readonly<Record<string, Json>>> {
  #maps: ParamMap[] = [{}];

  /**
   * Gives parameters one value in every combination.
   *
   * @throws CoppiceError `PARAM_INVALID` for a value that JSON cannot hold
   */
  baseOn(params: Partial<P>): this {
    checkObject('params of baseOn', params, 'ParamGridBuilder');
    for (const [name, value] of Object.entries(params)) this.#cross(name, [value]);
    return this;
  }

  /**
   * Tries values of a parameter; given again, the new values take the place of the old ones.
   *
   * @throws CoppiceError `PARAM_INVALID`
   */
  addGrid<K extends keyof P & string>(param: K, values: readonly NonNullable<P[K]>[]): this {
    if (Array.isArray(values) && values.length > 0) return this.#cross(param, values);
    throw new CoppiceError(
      'PARAM_INVALID',
      `values of ${param} in ParamGridBuilder must be a list of at least one value`,
      { context: { owner: 'ParamGridBuilder', param } },
    );
  }

  /** The combinations, in order. */
  build(): readonly ParamMap[] {
    return this.#maps.map((map) => freezeJson(map) as ParamMap);
  }

  #cross(param: string, values: readonly unknown[]): this {
    const known = new Map(
      this.#maps.map(({ [param]: _, ...others }) => [JSON.stringify(others), others]),
    );
    const frozen = values.map((value) => frozenValue(param, value));
    this.#maps = [...known.values()].flatMap((map) =>
      frozen.map((value) => ({ ...map, [param]: value })),
    );
    return this;
  }
}

/** The value, if JSON can hold it. */
export function frozenValue(param: string, value: unknown): Json {
  const frozen = freezeJson(value);
  if (frozen !== undefined) return frozen;
  throw new CoppiceError(
    'PARAM_INVALID',
    `values of ${param} must be numbers, texts, booleans or lists of such, which JSON can hold`,
    { context: { param } },
  );
}
