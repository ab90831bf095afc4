/**
 * What every stage has: parameters that were resolved once and never change, a uid that follows from
 * them, copy, save and load.
 */
import { createHash } from 'node:crypto';
import type { Awaitable } from '../base/awaitable.ts';
import { CoppiceError } from '../base/errors.ts';
import { type Inspect, inspected } from '../base/inspected.ts';
import { isModuleFunction } from '../base/user-function.ts';
import type { Options, ParamSchema, Resolved } from '../params/define-params.ts';
import { explainParams } from '../params/explain-params.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import { paramsToJson, type SavedParams } from '../params/params-json.ts';
import { givenOptions, resolveParams } from '../params/resolve-params.ts';
import {
  type LoadOptions,
  loadSavedStage,
  type StageClass,
  type StageReader,
} from './stage-reader.ts';
import {
  placeBelow,
  type SavableStage,
  type SaveOptions,
  type StageWriter,
  saveStage,
} from './stage-writer.ts';

/**
 * The base of estimators, transformers and models.
 *
 * A class of your own extends {@link Estimator}, {@link Transformer} or {@link Model}, has a static
 * `paramSchema`, and calls {@link registerStage} so that it can be loaded.
 */
export abstract class PipelineStage<S extends ParamSpecs = ParamSpecs> implements SavableStage {
  /** Every parameter's value; frozen. */
  readonly params: Resolved<S>;
  readonly #schema: ParamSchema<S>;
  readonly #given: Options<S>;

  /** @throws CoppiceError `PARAM_INVALID`, `PARAM_UNKNOWN` */
  constructor(schema: ParamSchema<S>, options: Options<S> | undefined) {
    this.#schema = schema;
    this.params = resolveParams(schema, options);
    this.#given = givenOptions(schema, options);
  }

  /** The class's name, in errors and in saved files. */
  get className(): string {
    return this.#schema.owner;
  }

  /** The name given as `uid`, else the class and 12 hex digits of a hash of the saved parameters. */
  get uid(): string {
    return this.uidAt('');
  }

  /** The options that were given to the constructor. */
  get givenOptions(): Options<S> {
    return this.#given;
  }

  /**
   * The same stage with other parameters.
   *
   * @param extra replaces parameters; undefined sets one back to its default
   */
  copy(extra: Partial<Options<S>> = {}): this {
    const options = { ...this.#given, ...extra };
    return Reflect.construct(this.constructor, [options, ...this.constructorArguments()]) as this;
  }

  /** Rule, default and current value of every parameter, a line each. */
  explainParams(): string {
    return explainParams(this.#schema, this.params);
  }

  /**
   * Saves the stage as a folder; it appears whole or not at all.
   *
   * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await saveStage(this, path, options);
  }

  /**
   * Loads a stage of this class.
   *
   * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT`, `MODEL_VERSION`, `MODEL_CLASS`, `FUNCTION_MISSING`
   */
  static async load<T extends SavableStage>(
    this: StageClass<T>,
    path: string,
    options: LoadOptions = {},
  ): Promise<T> {
    // biome-ignore lint/complexity/noThisInStatic: the class that load is called on is the one expected
    return (await loadSavedStage(path, options, this)) as T;
  }

  /** Makes the stage from its files; a class that saves data overrides it. */
  static fromSaved(reader: StageReader): Awaitable<SavableStage> {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this and constructs itself
    return Reflect.construct(this as unknown as new () => SavableStage, [
      reader.options,
    ]) as SavableStage;
  }

  /** Writes what the parameters do not say; a class that has more to save overrides it. */
  saveData(_writer: StageWriter): Awaitable<void> {}

  /** Set and default parameters in saved form. */
  savedParams(): SavedParams {
    for (const [name, value] of Object.entries(this.params)) {
      if (typeof value !== 'function' || isModuleFunction(value) || value.name !== '') continue;
      const message = `${name} of ${this.className} must be a function with a name to be saved; got one without`;
      throw new CoppiceError('PARAM_INVALID', message, {
        context: { owner: this.className, param: name },
      });
    }
    return paramsToJson(this.#schema, this.params, this.#given);
  }

  /** The uid at a place of a pipeline; a stage alone has the place ''. */
  uidAt(place: string): string {
    const named: unknown = (this.params as { uid?: unknown }).uid;
    if (typeof named === 'string') return named;
    const saved = paramsToJson(this.#schema, this.params, this.#given);
    const values = { ...saved.default, ...saved.set };
    const params = Object.keys(this.#schema.schema).filter((name) => Object.hasOwn(values, name));
    const nested = this.nestedStages().map(([name, stage]) => stage.uidAt(placeBelow(place, name)));
    const identity = { params: params.map((name) => [name, values[name]]), nested, place };
    const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
    return `${this.className}_${digest.slice(0, 12)}`;
  }

  /** @internal What console.log shows: the class, what it was given, and the fitted stages inside. */
  [inspected](_depth: number, options: object, inspect: Inspect): string {
    const given = { ...this.#given } as Record<string, unknown>;
    const nested = this.nestedStages().map(([, stage]) => stage);
    const isShown = nested.every((stage) => Object.values(given).flat().includes(stage));
    const shown = isShown ? given : { ...given, stages: nested };
    return `${this.className} ${inspect(shown, options)}`;
  }

  /** Stages inside this one, with the names of their places; they are part of the uid. */
  protected nestedStages(): readonly (readonly [string | number, SavableStage])[] {
    return [];
  }

  /** What the constructor takes after the options; a fitted model returns its state. */
  protected constructorArguments(): readonly unknown[] {
    return [];
  }
}
