/**
 * Writes new files so that they are whole and on the disk when the call returns, or the call throws. Each is on its way
 * to the disk while the next ones are written: a disk takes what several files wait for at once.
 * A single write may be short without an error (a full disk, a size limit), hence the loop; an existing
 * name is never written to (O_EXCL), so a link that somebody laid there is not followed.
 */
import { createHash } from 'node:crypto';
import { lstatSync, type Stats, statSync } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { reasonOf } from './describe-value.ts';
import { CoppiceError, fileLimitError } from './errors.ts';
import { shownPath } from './file-reasons.ts';

/** What was written. */
export interface WrittenFile {
  readonly size: number;
  /** SHA-256 of the content, 64 hex digits. */
  readonly sha256: string;
}

const pieceBytes = 1 << 24;

/** So many files may be on their way to the disk at once. */
const mostOpen = 8;

/** Writes chunks one after another into a new file; a failure names it, and leaves it incomplete. */
export type WriteNewFile = (path: string, chunks: readonly Uint8Array[]) => Promise<WrittenFile>;

/**
 * Has `work` write files, one after another, and waits until all of them are on the disk.
 *
 * @throws CoppiceError `FILE_WRITE`; what was written is left for the caller to remove, and no file of it is open
 */
export async function writeDurably(work: (write: WriteNewFile) => Promise<void>): Promise<void> {
  const pending = new Set<Promise<void>>();
  /** By the place of the file among those that were written. */
  const failures: unknown[] = [];
  let numFiles = 0;
  const write: WriteNewFile = async (path, chunks) => {
    if (pending.size >= mostOpen) await Promise.race(pending);
    if (failures.length > 0) throw new Error('an earlier file was not written');
    const { handle, written } = await writeNew(path, chunks);
    const place = numFiles++;
    const closing = closeDurably(path, handle)
      .catch((error: unknown) => {
        failures[place] = error;
      })
      .finally(() => pending.delete(closing));
    pending.add(closing);
    return written;
  };
  const [worked] = await Promise.allSettled([work(write)]);
  await Promise.all(pending);
  // the first file of those that were not written, whichever the disk refused first
  const failure = failures.find((one) => one !== undefined);
  if (failure !== undefined) throw failure;
  if (worked.status === 'rejected') throw worked.reason;
}

async function writeNew(
  path: string,
  chunks: readonly Uint8Array[],
): Promise<{ readonly handle: FileHandle; readonly written: WrittenFile }> {
  const hash = createHash('sha256');
  let size = 0;
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
    for (const chunk of chunks) {
      for (let start = 0; start < chunk.byteLength; start += pieceBytes) {
        const piece = chunk.subarray(start, Math.min(start + pieceBytes, chunk.byteLength));
        hash.update(piece);
        await writeWhole(handle, piece);
        size += piece.byteLength;
      }
    }
    return { handle, written: { size, sha256: hash.digest('hex') } };
  } catch (cause) {
    await handle?.close().catch(() => undefined);
    throw fileWriteError(path, cause);
  }
}

async function closeDurably(path: string, handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (cause) {
    await handle.close().catch(() => undefined);
    throw fileWriteError(path, cause);
  }
  await handle.close().catch((cause: unknown) => {
    throw fileWriteError(path, cause);
  });
}

/** Waits until the names inside a folder are on the disk; a platform that cannot do so is forgiven. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY);
    await handle.sync();
  } catch (cause) {
    if (errnoOf(cause) === 'ENOSPC' || errnoOf(cause) === 'EIO') throw fileWriteError(path, cause);
  } finally {
    await handle?.close();
  }
}

/** The error for a file or folder that could not be written, with the reason in words. */
export function fileWriteError(path: string, cause: unknown): CoppiceError {
  if (cause instanceof CoppiceError) return cause;
  const full = fileLimitError(cause, path);
  if (full !== undefined) return full;
  const errno = errnoOf(cause);
  const reason = obstacleIn(path, errno) ?? reasons[errno] ?? reasonOf(cause);
  // whoever asked does not know the name that a file has until it is whole
  const file = path.replace(/\.tmp-[0-9a-f]{8}-\d+-[0-9a-f]{8}(?=$|[\\/])/, '');
  return new CoppiceError('FILE_WRITE', `${shownPath(file)} cannot be written: ${reason}`, {
    context: { file, errno },
    cause,
  });
}

/** Which part of a path is no folder, where that is what a write met. */
function obstacleIn(path: string, errno: string): string | undefined {
  if (errno !== 'ENOTDIR' && errno !== 'EEXIST') return undefined;
  for (let part = dirname(resolve(path)); part !== dirname(part); part = dirname(part)) {
    const link = kindOf(lstatSync, part);
    if (link === undefined) continue;
    const folder = kindOf(statSync, part);
    if (folder?.isDirectory() === true) return undefined;
    const what = folder === undefined ? 'a link to nothing' : 'a file';
    return `${part} is ${what}, not a folder; choose another folder, or remove it`;
  }
  return undefined;
}

function kindOf(look: (path: string) => Stats, path: string): Stats | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}

/** The system's name of an error, or an empty string. */
export function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space and save again',
  EDQUOT: 'the disk quota is used up; free some space and save again',
  EFBIG: 'the file would be larger than this process may write',
  EACCES: 'permission denied; choose a folder that you may write to',
  EPERM: 'permission denied; choose a folder that you may write to',
  EROFS: 'the file system is read-only; choose another folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ELOOP: 'its links lead round in a circle; choose another path',
  ENAMETOOLONG: 'its name is longer than the file system takes; shorten it',
  ERR_INVALID_ARG_VALUE: 'a path cannot have the character NUL in it; choose another path',
};

async function writeWhole(handle: FileHandle, piece: Uint8Array): Promise<void> {
  let done = 0;
  while (done < piece.byteLength) {
    const { bytesWritten } = await handle.write(piece, done, piece.byteLength - done);
    if (bytesWritten === 0) {
      throw Object.assign(new Error('a write made no progress'), { code: 'ENOSPC' });
    }
    done += bytesWritten;
  }
}
