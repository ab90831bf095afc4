/**
 * Writes one file piece by piece so that its name appears only when it is whole: a temporary name beside
 * it, the disk waited for, one rename. A failure or an abort removes the temporary file.
 */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CoppiceError } from '../../base/errors.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { removeLeftovers, writerId } from '../../base/switch-in.ts';
import { fileWriteError, syncFolder } from '../../base/write-durably.ts';

const pieceBytes = 1 << 24;

/** A file that is being written. */
export class FileSink {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #position = 0;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** Begins a file; nothing is at its path until {@link FileSink.commit}. @throws CoppiceError `FILE_WRITE` */
  static async open(path: string): Promise<FileSink> {
    const target = resolve(path);
    const temporary = `${target}.tmp-${writerId()}`;
    try {
      await makeFolder(dirname(target));
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
      return new FileSink(target, temporary, await open(temporary, flags, 0o644));
    } catch (cause) {
      throw fileWriteError(path, cause);
    }
  }

  /** How many bytes were written so far. */
  get position(): number {
    return this.#position;
  }

  /** Writes bytes at the end. @throws CoppiceError `FILE_WRITE` */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const length = Math.min(pieceBytes, bytes.byteLength - done);
        const { bytesWritten } = await this.#handle.write(bytes, done, length);
        // A full disk can end a write early without an error.
        if (bytesWritten === 0) throw Object.assign(new Error('no progress'), { code: 'ENOSPC' });
        done += bytesWritten;
      }
      this.#position += bytes.byteLength;
    } catch (cause) {
      throw fileWriteError(this.#path, cause);
    }
  }

  /** Gives the file its name, once it is on the disk. @throws CoppiceError `FILE_WRITE` */
  async commit(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#temporary, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      throw fileWriteError(this.#path, cause);
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}

/** Writes one file by `fill`; on failure nothing is left of it. */
export async function writeFileWhole<T>(
  path: string,
  fill: (sink: FileSink) => Promise<T>,
): Promise<T> {
  const sink = await FileSink.open(path);
  try {
    const result = await fill(sink);
    await sink.commit();
    return result;
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** Like {@link writeFileWhole}, but what killed writers of the file left beside it is removed first. */
export async function replaceFile<T>(
  path: string,
  fill: (sink: FileSink) => Promise<T>,
): Promise<T> {
  await removeLeftovers(resolve(path));
  return await writeFileWhole(path, fill);
}

/** Refuses a path where something is, unless it is a file that may be overwritten. @throws CoppiceError `FILE_EXISTS` */
export async function refuseExistingFile(path: string, overwrite: boolean): Promise<void> {
  if (!existsSync(path)) return;
  const context = { file: path };
  if (!overwrite) {
    const message = `${path} exists already; give another path or { overwrite: true }`;
    throw new CoppiceError('FILE_EXISTS', message, { context });
  }
  const found = await stat(path);
  if (found.isFile()) return;
  const what = found.isDirectory() ? 'a folder' : 'a pipe or a device';
  const message = `${path} is ${what}, so it is not overwritten by a file; remove it or give another path`;
  throw new CoppiceError('FILE_EXISTS', message, { context });
}
