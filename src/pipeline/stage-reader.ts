/**
 * How a stage comes back from disk. Everything handed out here lies in files that were checked against
 * the manifest; what the numbers mean (children in range, finite leaves) is checked by the stage's class.
 */

import type { Awaitable } from '../base/awaitable.ts';
import { checkOptions, checkPath } from '../base/check-options.ts';
import { reasonOf } from '../base/describe-value.ts';
import { CoppiceError, isCoppiceError } from '../base/errors.ts';
import { isPlainObject, type Json, type JsonObject } from '../base/json.ts';
import type { ParamSchema } from '../params/define-params.ts';
import type { NamedFunctions } from '../params/param-spec.ts';
import { paramsFromJson } from '../params/params-json.ts';
import { checkFormatVersion } from './format-version.ts';
import { type LogicalSchema, logicalSchemaFromJson } from './logical-schema.ts';
import { decodeTensors, type TensorData } from './safetensors.ts';
import { stageClassNamed } from './stage-registry.ts';
import { metadataName, type RowIdMode, type SavableStage } from './stage-writer.ts';
import { readVerifiedFiles, type VerifiedFiles } from './verified-files.ts';

/** A class whose stages can be loaded. */
export interface StageClass<T extends SavableStage = SavableStage> {
  /** The declared parameters. */
  readonly paramSchema: ParamSchema;
  /** What its instances inherit. */
  readonly prototype: T;
  /** Makes a stage of what was saved. */
  fromSaved(reader: StageReader): Awaitable<SavableStage>;
}

/** Options of load. */
export interface LoadOptions {
  /** The functions that the saved stages name (custom objectives and the like), by those names. */
  readonly functions?: NamedFunctions;
}

/**
 * Loads a saved stage of any registered class.
 *
 * @param expected the only class that is accepted, where one is given
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT`, `MODEL_VERSION`, `MODEL_CLASS`, `FUNCTION_MISSING`
 */
export async function loadSavedStage(
  path: string,
  options: LoadOptions = {},
  expected?: StageClass,
): Promise<SavableStage> {
  const owner = expected === undefined ? 'loadStage' : `${expected.paramSchema.owner}.load`;
  checkPath(owner, path);
  checkOptions(owner, options, ['functions']);
  const files = await readVerifiedFiles(path);
  return await readStage({ files, prefix: '', functions: options.functions ?? {} }, expected);
}

interface Source {
  readonly files: VerifiedFiles;
  readonly prefix: string;
  readonly functions: NamedFunctions;
}

type TensorArray = new (length: number) => TensorData;

/** What `fromSaved` of a class reads from. */
export class StageReader {
  /** The class that was saved. */
  readonly className: string;
  /** The uid in the files. */
  readonly uid: string;
  /** Options for the constructor: the parameters that were set. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The columns that a model was fitted on. */
  readonly schema: LogicalSchema | null;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode | null;
  /** Facts of the class's own. */
  readonly extra: Json;
  readonly #source: Source;

  constructor(source: Source, metadata: Metadata, options: Readonly<Record<string, unknown>>) {
    this.#source = source;
    this.className = metadata.class;
    this.uid = metadata.uid;
    this.options = options;
    this.schema = metadata.schema;
    this.rowIdMode = metadata.rowIds;
    this.extra = metadata.extra;
  }

  /** The arrays of `<name>.safetensors`, as views into memory that nobody else uses. */
  tensors(name: string): StoredTensors {
    const path = `${this.#source.prefix}${name}.safetensors`;
    return new StoredTensors(decodeTensors(this.#source.files.bytes(path), path), path);
  }

  /** Is there a file `<name>.safetensors`? */
  hasTensors(name: string): boolean {
    return this.#source.files.paths.includes(`${this.#source.prefix}${name}.safetensors`);
  }

  /** The extra object, or `MODEL_FORMAT` when extra is not an object. */
  extraObject(): JsonObject {
    if (!isPlainObject(this.extra)) throw this.malformed('has no extra object');
    return this.extra as JsonObject;
  }

  /** The stage in the folder `<name>`. */
  async stage(name: string): Promise<SavableStage> {
    return await readStage({ ...this.#source, prefix: `${this.#source.prefix}${name}/` });
  }

  /** Is there a nested stage in the folder `<name>`? */
  hasStage(name: string): boolean {
    return this.#source.files.paths.includes(`${this.#source.prefix}${name}/${metadataName}`);
  }

  /** The stages in `stages/<n>_<uid>`, by n; as many as extra says in `numStages`. */
  async stages(): Promise<SavableStage[]> {
    const start = `${this.#source.prefix}stages/`;
    const folders = this.#source.files.paths
      .filter((path) => path.startsWith(start) && path.endsWith(`/${metadataName}`))
      .map((path) => path.slice(start.length, -metadataName.length - 1))
      .filter((folder) => !folder.includes('/'));
    const byNumber = new Map(
      folders.map((folder) => [Number(/^\d+(?=_)/.exec(folder)?.[0] ?? -1), folder]),
    );
    if (folders.length !== this.extraObject()['numStages']) {
      throw this.malformed('has not as many stages as were saved');
    }
    const stages: SavableStage[] = [];
    for (let index = 0; index < folders.length; index++) {
      const folder = byNumber.get(index);
      if (folder === undefined) throw this.malformed(`has no stage ${index}`);
      stages.push(await this.stage(`stages/${folder}`));
    }
    return stages;
  }

  /** The error for content that this class cannot have written. */
  malformed(what: string): CoppiceError {
    return malformed(this.#source, `${this.className} ${what}`);
  }
}

/** Arrays of one file, handed out by name and expected type. */
export class StoredTensors {
  /** Every name, in the file's order. */
  readonly names: readonly string[];
  readonly #arrays: Readonly<Record<string, TensorData>>;
  readonly #file: string;

  constructor(arrays: Readonly<Record<string, TensorData>>, file: string) {
    this.names = Object.keys(arrays);
    this.#arrays = arrays;
    this.#file = file;
  }

  /**
   * One array.
   *
   * @param length its exact length, where that is known
   * @throws CoppiceError `MODEL_FORMAT` when it is absent, of another type or of another length
   */
  get<A extends TensorArray>(name: string, type: A, length?: number): InstanceType<A> {
    const found = Object.hasOwn(this.#arrays, name) ? this.#arrays[name] : undefined;
    const problem =
      found === undefined
        ? 'is missing'
        : !(found instanceof type)
          ? `must be a ${type.name}; it is a ${found.constructor.name}`
          : length !== undefined && found.length !== length
            ? `must have ${length} values; it has ${found.length}`
            : undefined;
    if (problem === undefined) return found as InstanceType<A>;
    throw new CoppiceError(
      'MODEL_FORMAT',
      `the array ${name} in the file ${this.#file} of the model ${problem}`,
      {
        context: { file: this.#file },
      },
    );
  }
}

interface Metadata {
  readonly class: string;
  readonly uid: string;
  readonly params: unknown;
  readonly schema: LogicalSchema | null;
  readonly rowIds: RowIdMode | null;
  readonly extra: Json;
}

async function readStage(source: Source, expected?: StageClass): Promise<SavableStage> {
  const metadata = readMetadata(source);
  if (expected !== undefined && metadata.class !== expected.paramSchema.owner) {
    const wanted = expected.paramSchema.owner;
    const message =
      `the saved model ${source.files.folder} must be of class ${wanted}; it is of class ${metadata.class}: ` +
      `load it with ${metadata.class}.load or loadStage`;
    throw new CoppiceError('MODEL_CLASS', message, {
      context: { file: source.files.folder, class: metadata.class },
    });
  }
  const stageClass = expected ?? (stageClassNamed(metadata.class) as StageClass);
  try {
    const options = paramsFromJson(stageClass.paramSchema, metadata.params, source.functions);
    return await stageClass.fromSaved(new StageReader(source, metadata, options));
  } catch (error) {
    const isExpected = isCoppiceError(error) && !error.code.startsWith('PARAM_');
    if (isExpected) throw error;
    const reason = reasonOf(error);
    throw malformed(
      source,
      `${metadata.class} cannot be made from what is saved: ${reason}`,
      error,
    );
  }
}

function readMetadata(source: Source): Metadata {
  const bytes = source.files.bytes(`${source.prefix}${metadataName}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed(source, 'is not JSON', cause);
  }
  if (!isPlainObject(parsed)) throw malformed(source, 'is not an object');
  checkFormatVersion(parsed['formatVersion'], source.files.folder);
  const { class: className, uid, params, schema, rowIds, extra } = parsed;
  if (typeof className !== 'string' || typeof uid !== 'string')
    throw malformed(source, 'names no class and uid');
  if (rowIds !== null && rowIds !== 'position' && rowIds !== 'idCol' && rowIds !== 'content') {
    throw malformed(source, 'has an unknown mode of row ids');
  }
  return {
    class: className,
    uid,
    params,
    schema: schema === null ? null : logicalSchemaFromJson(schema),
    rowIds,
    extra: (extra ?? null) as Json,
  };
}

function malformed(source: Source, what: string, cause?: unknown): CoppiceError {
  const file = `${source.files.folder}/${source.prefix}${metadataName}`;
  return new CoppiceError('MODEL_FORMAT', `the saved model: ${what} (${file})`, {
    context: { file },
    cause,
  });
}
