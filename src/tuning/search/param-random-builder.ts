/**
 * Combinations of parameters drawn at random. Each value hangs on the seed, the name of its parameter and the
 * number of its combination: another parameter more, or more combinations, leave those drawn before as they are.
 * (J. Bergstra and Y. Bengio, "Random search for hyper-parameter optimization", 2012)
 */
import { checkObject } from '../../base/check-options.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import { freezeJson, type Json } from '../../base/json.ts';
import { exp, log } from '../../base/portable-math.ts';
import { deriveSeed, hash32, purposes, rowKeyOfId, unitInterval } from '../../base/rng.ts';
import { frozenValue } from './param-grid-builder.ts';
import type { ParamMap } from './param-map.ts';

/** Makes a value of a number in [0, 1). */
type Draw = (share: number) => Json;

/**
 * Builds the candidates of a random search.
 *
 * Names are those of {@link ParamGridBuilder}. The same seed gives the same candidates; the first ten of
 * `build(20)` are those of `build(10)`.
 *
 * @typeParam P parameters by name, for instance `GBTClassifierOptions`
 * @example
 * ```ts
 * import { ParamRandomBuilder } from 'coppice';
 * const candidates = new ParamRandomBuilder({ seed: 7 })
 *   .addInteger('maxDepth', 3, 10)
 *   .addLogUniform('stepSize', 0.01, 0.3)
 *   .addChoice('lossType', ['squared', 'huber'])
 *   .build(20);
 * console.log(candidates.length); // 20
 * ```
 * @see docs/guides/tuning.md
 */
export class ParamRandomBuilder<P = Readonly<Record<string, Json>>> {
  readonly #seed: number;
  readonly #draws = new Map<string, Draw>();

  /** @throws CoppiceError `PARAM_INVALID` */
  constructor(options: { readonly seed?: number } = {}) {
    const { seed = 0 } = options;
    if (!Number.isSafeInteger(seed)) throw refuse('seed', 'an integer', seed);
    this.#seed = seed;
  }

  /** Gives parameters one value in every candidate. */
  baseOn(params: Partial<P>): this {
    checkObject('params of baseOn', params, 'ParamRandomBuilder');
    for (const [name, value] of Object.entries(params)) {
      const frozen = frozenValue(name, value);
      this.#draws.set(name, () => frozen);
    }
    return this;
  }

  /** Any number from `low` to `high`, each as likely. @throws CoppiceError `PARAM_INVALID` */
  addUniform<K extends keyof P & string>(param: K, low: number, high: number): this {
    checkRange(param, low, high, Number.NEGATIVE_INFINITY);
    this.#draws.set(param, (share) => low + share * (high - low));
    return this;
  }

  /** A number from `low` to `high` whose logarithm is uniform: as often near .01 as near .1. @throws CoppiceError `PARAM_INVALID` */
  addLogUniform<K extends keyof P & string>(param: K, low: number, high: number): this {
    checkRange(param, low, high, 0);
    const [from, to] = [log(low), log(high)];
    const clamp = (value: number): number => Math.min(high, Math.max(low, value));
    this.#draws.set(param, (share) => clamp(exp(from + share * (to - from))));
    return this;
  }

  /** A whole number from `low` to `high`, both among them. @throws CoppiceError `PARAM_INVALID` */
  addInteger<K extends keyof P & string>(param: K, low: number, high: number): this {
    checkRange(param, low, high, Number.NEGATIVE_INFINITY);
    if (!Number.isSafeInteger(low)) throw refuse(param, 'drawn from whole numbers', low);
    if (!Number.isSafeInteger(high)) throw refuse(param, 'drawn from whole numbers', high);
    this.#draws.set(param, (share) => low + Math.floor(share * (high - low + 1)));
    return this;
  }

  /** One of some values, each as likely. @throws CoppiceError `PARAM_INVALID` */
  addChoice<K extends keyof P & string>(param: K, values: readonly NonNullable<P[K]>[]): this {
    if (!Array.isArray(values) || values.length === 0)
      throw refuse(param, 'drawn from a list of at least one value', values);
    const frozen = values.map((value) => frozenValue(param, value));
    this.#draws.set(param, (share) => frozen[Math.floor(share * frozen.length)] as Json);
    return this;
  }

  /** So many candidates. @throws CoppiceError `PARAM_INVALID` */
  build(numCandidates: number): readonly ParamMap[] {
    if (!Number.isSafeInteger(numCandidates) || numCandidates < 1)
      throw refuse('numCandidates', 'an integer ≥ 1', numCandidates);
    return Array.from({ length: numCandidates }, (_, i) => {
      const seed = deriveSeed(this.#seed, purposes.search, i);
      const entries = [...this.#draws].map(
        ([name, draw]) => [name, draw(shareOf(seed, name))] as const,
      );
      return freezeJson(Object.fromEntries(entries)) as ParamMap;
    });
  }
}

/** 53 random bits for a name, as a number in [0, 1). */
function shareOf(seed: number, name: string): number {
  const key = rowKeyOfId(name);
  const high = hash32(seed, purposes.search, key, 1) >>> 5;
  const low = hash32(seed, purposes.search, key, 2) >>> 6;
  return unitInterval(high * 32) + low / 2 ** 53;
}

function checkRange(param: string, low: number, high: number, above: number): void {
  if (!Number.isFinite(low) || low <= above)
    throw refuse(param, `drawn from a finite number${above === 0 ? ' > 0' : ''} on`, low);
  if (!Number.isFinite(high) || high < low)
    throw refuse(param, `drawn up to a number ≥ ${low}`, high);
}

function refuse(param: string, rule: string, value: unknown): CoppiceError {
  return new CoppiceError(
    'PARAM_INVALID',
    `${param} of ParamRandomBuilder must be ${rule}; got ${describeValue(value)}`,
    { context: { owner: 'ParamRandomBuilder', param } },
  );
}
