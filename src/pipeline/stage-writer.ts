/**
 * How a stage puts itself on disk. A folder, data only, the same bytes for the same stage whatever the
 * machine, the time or the number of threads:
 *
 *     metadata.json           format and library version, class, uid, params, schema, row ids, extra
 *     <name>.safetensors      numbers
 *     stages/<n>_<uid>/…      the stages of a pipeline, each a folder like this one
 *     <name>/…                a single nested stage
 *     MANIFEST.json           path, size and SHA-256 of every file, only in the outermost folder
 */

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Awaitable } from '../base/awaitable.ts';
import { checkOptions, checkPath } from '../base/check-options.ts';
import { CoppiceError } from '../base/errors.ts';
import { type Json, jsonText } from '../base/json.ts';
import { makeFolder } from '../base/make-folder.ts';
import { switchIn } from '../base/switch-in.ts';
import { fileWriteError, type WriteNewFile, writeDurably } from '../base/write-durably.ts';
import type { SavedParams } from '../params/params-json.ts';
import { formatVersion, libraryVersion } from './format-version.ts';
import { type LogicalSchema, logicalSchemaToJson } from './logical-schema.ts';
import { type ManifestEntry, manifestName, manifestText } from './manifest.ts';
import { encodeTensors, type Tensors } from './safetensors.ts';

/** The name of the file that describes a stage. */
export const metadataName = 'metadata.json';

/** How the rows of the training data were told apart; part of a fitted model's identity. */
export type RowIdMode = 'position' | 'idCol' | 'content';

/** What saving needs to know of a stage, without knowing its class. */
export interface SavableStage {
  /** The name under which the class is saved. */
  readonly className: string;
  /** The columns a fitted stage needs, as they were at fit. */
  readonly inputSchema?: LogicalSchema | undefined;
  /** What identified the rows of the training data. */
  readonly rowIdMode?: RowIdMode | undefined;
  /** The uid at a place of a pipeline; '' is the place of a stage that stands alone. */
  uidAt(place: string): string;
  /** Throws when a parameter cannot be saved. */
  savedParams(): SavedParams;
  /** Writes what the parameters do not say. */
  saveData(writer: StageWriter): Awaitable<void>;
}

/** Options of save. */
export interface SaveOptions {
  /** Replace a saved stage that is there already; otherwise the path must be free. */
  readonly overwrite?: boolean;
}

/**
 * Writes a stage to a folder; the folder appears complete or not at all.
 *
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`
 */
export async function saveStage(
  stage: SavableStage,
  path: string,
  options: SaveOptions = {},
): Promise<void> {
  checkPath(`${stage.className}.save`, path);
  checkOptions(`${stage.className}.save`, options, ['overwrite']);
  const how = {
    overwrite: options.overwrite === true,
    mayReplace: isSavedStage,
    what: 'a saved stage',
  };
  await switchIn(path, how, (folder) =>
    writeDurably(async (write) => {
      const files: ManifestEntry[] = [];
      await writeStage(stage, { folder, files, prefix: '', place: '', write });
      await write(join(folder, manifestName), [utf8(manifestText(files))]);
    }),
  );
}

interface Target {
  /** The outermost folder. */
  readonly folder: string;
  /** What has been written so far. */
  readonly files: ManifestEntry[];
  /** Where this stage's files go below the folder, '' or ending in `/`. */
  readonly prefix: string;
  /** This stage's place in the pipeline. */
  readonly place: string;
  readonly write: WriteNewFile;
}

/** What {@link SavableStage.saveData} writes with. */
export class StageWriter {
  readonly #target: Target;
  #extra: Json = {};

  constructor(target: Target) {
    this.#target = target;
  }

  /** Stores arrays in the file `<name>.safetensors`. */
  async tensors(name: string, tensors: Tensors): Promise<void> {
    await writeFile(this.#target, `${checkedName(name)}.safetensors`, encodeTensors(tensors));
  }

  /** Stores a JSON value in metadata.json; the order of keys is kept. */
  extra(json: Json): void {
    this.#extra = json;
  }

  /** Stores one nested stage in the folder `<name>`. */
  async stage(name: string, stage: SavableStage): Promise<void> {
    await this.#nested(checkedName(name), name, stage);
  }

  /** Stores a list of stages in `stages/<n>_<uid>`. */
  async stages(stages: readonly SavableStage[]): Promise<void> {
    const digits = String(Math.max(0, stages.length - 1)).length;
    for (const [index, stage] of stages.entries()) {
      const uid = stage.uidAt(placeBelow(this.#target.place, index));
      const label = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$/.test(uid) ? uid : stage.className;
      await this.#nested(`stages/${String(index).padStart(digits, '0')}_${label}`, index, stage);
    }
  }

  /** What extra was given. */
  get savedExtra(): Json {
    return this.#extra;
  }

  async #nested(folder: string, place: string | number, stage: SavableStage): Promise<void> {
    const { prefix, place: outer } = this.#target;
    await writeStage(stage, {
      ...this.#target,
      prefix: `${prefix}${folder}/`,
      place: placeBelow(outer, place),
    });
  }
}

/** The place of a nested stage. */
export function placeBelow(place: string, name: string | number): string {
  return `${place}/${name}`;
}

async function writeStage(stage: SavableStage, target: Target): Promise<void> {
  const writer = new StageWriter(target);
  const { set, default: defaults } = stage.savedParams();
  await stage.saveData(writer);
  const metadata: Json = {
    formatVersion,
    libraryVersion,
    class: stage.className,
    uid: stage.uidAt(target.place),
    params: { set, default: defaults },
    schema: stage.inputSchema === undefined ? null : logicalSchemaToJson(stage.inputSchema),
    rowIds: stage.rowIdMode ?? null,
    extra: writer.savedExtra,
  };
  await writeFile(target, metadataName, [utf8(jsonText(metadata))]);
}

async function writeFile(
  target: Target,
  name: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const path = `${target.prefix}${name}`;
  const folder = join(target.folder, target.prefix);
  await makeFolder(folder).catch((cause: unknown) => {
    throw fileWriteError(folder, cause);
  });
  target.files.push({ path, ...(await target.write(join(target.folder, path), chunks)) });
}

/** A folder that save wrote, whole or damaged, or an empty one; anything else is not ours to remove. */
export async function isSavedStage(path: string): Promise<boolean> {
  const found = await lstat(path);
  if (!found.isDirectory()) return false;
  for (const name of [manifestName, metadataName]) {
    const file = await lstat(join(path, name)).catch(() => undefined);
    if (file?.isFile() === true) return true;
  }
  return (await readdir(path)).length === 0;
}

function checkedName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,99}$/.test(name) || name === 'stages') {
    throw new CoppiceError('INTERNAL', `${name} is no name for a part of a saved stage`);
  }
  return name;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
