/**
 * A folder that Spark ML wrote a model into: `metadata/` holds the class and its parameters as JSON, `data/` and
 * `treesMetadata/` hold Parquet, `stages/` the folders of a pipeline's stages. No path is taken from what a file says.
 */
import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RecordBatch, Vector } from 'apache-arrow';
import { CoppiceError } from '../../../base/errors.ts';
import { reasonNotOpened, shownPath } from '../../../base/file-reasons.ts';
import { isPlainObject } from '../../../base/json.ts';
import type { ParquetSource } from '../../../table/parquet/parquet-source.ts';
import { parquetInfo } from '../../../table/parquet/parquet-source.ts';
import { readPartition } from '../../../table/plan/read-partition.ts';
import type { Fields } from '../json-fields.ts';
import { ModelFile } from '../model-file.ts';

/** Metadata are a few kilobytes, or a list of labels. */
const mostMetadataBytes = 256 << 20;
/** Pipelines within pipelines. */
const deepest = 32;

/** A saved stage. */
export class SparkFolder {
  readonly #path: string;
  readonly #depth: number;
  /** For errors. */
  readonly file: ModelFile;
  /** The class without its package. */
  readonly className: string;
  readonly sparkVersion: string;
  /** Parameters that were set, over the defaults. */
  readonly params: Fields;
  /** What the class tells besides: `numFeatures`, `numClasses`, … */
  readonly fields: Fields;

  private constructor(path: string, place: { file: ModelFile; depth: number }, fields: Fields) {
    this.#path = path;
    this.#depth = place.depth;
    this.className = String(fields['class']).replace(/^.*\./, '');
    this.file = place.file.part(this.className);
    this.sparkVersion = String(fields['sparkVersion'] ?? '');
    const given = (name: string): Fields => (isPlainObject(fields[name]) ? fields[name] : {});
    this.params = { ...given('defaultParamMap'), ...given('paramMap') };
    this.fields = fields;
  }

  /** @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT`, `PARAM_INVALID` */
  static async open(source: string | URL): Promise<SparkFolder> {
    const path = pathOf(source);
    const refuse = (cause: unknown): never => {
      const message = `the Spark model must be a folder that can be read; got ${shownPath(path)}: ${reasonNotOpened(cause)}`;
      throw new CoppiceError('FILE_NOT_FOUND', message, { context: { file: path }, cause });
    };
    if (!(await stat(path).catch(refuse)).isDirectory()) throw noModel(path, 'a file');
    const names = await readdir(path).catch(refuse);
    if (!names.includes('metadata')) throw noModel(path, 'a folder without metadata');
    return await SparkFolder.#openAt(path, { file: new ModelFile('Spark', path), depth: 0 });
  }

  /** The folder of a model inside this one. @throws CoppiceError `MODEL_FORMAT` */
  async child(...names: readonly string[]): Promise<SparkFolder> {
    if (this.#depth === deepest) throw this.file.malformed(`has more than ${deepest} levels`);
    return await SparkFolder.#openAt(join(this.#path, ...names), {
      file: this.file,
      depth: this.#depth + 1,
    });
  }

  static async #openAt(
    path: string,
    place: { readonly file: ModelFile; readonly depth: number },
  ): Promise<SparkFolder> {
    const { file } = place;
    const lines: string[] = [];
    for (const name of await visibleNames(file, path, 'metadata')) {
      const part = join(path, 'metadata', name);
      const { size } = await fileAt(file, part);
      if (size > mostMetadataBytes)
        throw file.unsupported(`has ${size} bytes of metadata`, 'save it with fewer labels');
      const text = await readFile(part, 'utf8');
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
    }
    let fields: unknown;
    try {
      fields = JSON.parse(lines[0] ?? '');
    } catch {
      throw file.malformed('has metadata that are no JSON');
    }
    if (!isPlainObject(fields) || typeof fields['class'] !== 'string' || lines.length !== 1)
      throw file.malformed('has metadata that name no class');
    return new SparkFolder(path, place, fields);
  }

  /** The stages of a pipeline, in order. @throws CoppiceError `MODEL_FORMAT` */
  async stages(): Promise<SparkFolder[]> {
    const uids = this.params['stageUids'];
    if (!Array.isArray(uids)) throw this.file.malformed('has no list stageUids');
    const names = await visibleNames(this.file, this.#path, 'stages');
    const found = new Map(names.map((name) => [Number.parseInt(name, 10), name]));
    if (found.size !== names.length || names.length !== uids.length)
      throw this.file.malformed(`has ${names.length} folders of ${uids.length} stages`);
    const stages: SparkFolder[] = [];
    for (let i = 0; i < names.length; i++) {
      const name = found.get(i);
      if (name === undefined) throw this.file.malformed(`has no folder of stage ${i}`);
      stages.push(await this.child('stages', name));
    }
    return stages;
  }

  /** The rows of a table, batch by batch. @throws CoppiceError `MODEL_FORMAT`, `FILE_FORMAT` */
  async *batches(table: 'data' | 'treesMetadata'): AsyncGenerator<RecordBatch> {
    const names = await visibleNames(this.file, this.#path, table);
    const files = names.filter((name) => name.endsWith('.parquet'));
    if (files.length === 0) throw this.file.malformed(`has no Parquet file in ${table}`);
    for (const name of files) {
      await fileAt(this.file, join(this.#path, table, name));
      const info = await parquetInfo(join(this.#path, table, name));
      for (const [rowGroup, { numRows }] of (info?.rowGroups ?? []).entries()) {
        if (info === null || numRows === 0) continue;
        const { file, schema } = info;
        const source: ParquetSource = {
          kind: 'parquet',
          ...{ file, rowGroup, firstRow: 0, numRows, constants: [], conforms: [] },
        };
        yield await readPartition({ index: 0, source, operators: [], schema });
      }
    }
  }

  /** The one row of a table of one row. @throws CoppiceError `MODEL_FORMAT` */
  async oneRow(): Promise<Fields> {
    const rows: Fields[] = [];
    for await (const batch of this.batches('data')) {
      if (batch.numRows > 0) rows.push(plainRow(batch, 0));
      if (batch.numRows > 1 || rows.length > 1)
        throw this.file.malformed('has more than one row of data');
    }
    const [row] = rows;
    if (row === undefined) throw this.file.malformed('has no row of data');
    return row;
  }
}

/** What is known of a file; a folder or a pipe in its place is refused before it is opened. */
async function fileAt(file: ModelFile, path: string): Promise<Stats> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() === true) return found;
  throw file.malformed(`has no file where it names ${basename(path)}`);
}

/** Names in a folder, sorted; what Spark and file systems put beside them is left out. */
async function visibleNames(file: ModelFile, path: string, folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(join(path, folder));
  } catch {
    throw file.malformed(`has no folder ${folder}`);
  }
  const visible = names.filter((name) => !/^[._]/.test(name)).sort();
  if (visible.length === 0) throw file.malformed(`has nothing in its folder ${folder}`);
  return visible;
}

/** A row as plain values: lists as arrays, structs as objects. */
function plainRow(batch: RecordBatch, index: number): Fields {
  return Object.fromEntries(
    batch.schema.fields.map(({ name }) => [name, plain(batch.getChild(name)?.get(index))]),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as number[], plain);
  if (value instanceof Vector) return Array.from(value, plain);
  // rows of structs and maps
  const fields = (value as { toJSON?: () => object }).toJSON?.() ?? {};
  return Object.fromEntries(Object.entries(fields).map(([name, part]) => [name, plain(part)]));
}

function pathOf(source: unknown): string {
  if (source instanceof URL && source.protocol === 'file:') return fileURLToPath(source);
  if (typeof source === 'string' && source !== '') return source;
  const message = `source of the Spark model must be the path of a folder; got ${source instanceof URL ? source.href : typeof source}`;
  throw new CoppiceError('PARAM_INVALID', message, { context: { param: 'source' } });
}

function noModel(path: string, got: string): CoppiceError {
  const message = `the Spark model must be the folder that model.save(path) of Spark ML wrote; got ${path}, ${got}`;
  return new CoppiceError('MODEL_FORMAT', message, { context: { file: path } });
}
