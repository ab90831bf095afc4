/**
 * The files of a saved stage, read and checked before anything looks into them: the manifest first, then
 * the size of every file it names, then its SHA-256. No link is followed, no more memory is taken than
 * the files have bytes, and a file is read once, so what was checked is what is used.
 */
import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, fileLimitError } from '../base/errors.ts';
import { reasonNotOpened, shownPath } from '../base/file-reasons.ts';
import { findFolder } from '../base/switch-in.ts';
import { errnoOf } from '../base/write-durably.ts';
import { limits, type ManifestEntry, manifestName, parseManifest } from './manifest.ts';

/** Checked content by path; a large file may be taken out once to free its memory early. */
export class VerifiedFiles {
  /** The folder that was asked for, for errors. */
  readonly folder: string;
  readonly #contents: Map<string, Uint8Array>;

  constructor(folder: string, contents: Map<string, Uint8Array>) {
    this.folder = folder;
    this.#contents = contents;
  }

  /** Every path, sorted. */
  get paths(): string[] {
    return [...this.#contents.keys()].sort();
  }

  /** The bytes of a file; throws `MODEL_FORMAT` when the manifest does not name it. */
  bytes(path: string): Uint8Array {
    const found = this.#contents.get(path);
    if (found === undefined)
      throw formatError(this.folder, path, 'is missing from the saved model');
    return found;
  }
}

/**
 * Reads a saved stage's folder.
 *
 * @throws CoppiceError `FILE_NOT_FOUND`, `MODEL_FORMAT`, `MODEL_VERSION`
 */
export async function readVerifiedFiles(path: string): Promise<VerifiedFiles> {
  for (let attempt = 0; ; attempt++) {
    const folder = await findFolder(path).catch((cause: unknown) => {
      throw notOpened(path, cause);
    });
    if (folder === undefined) throw notFound(path);
    const before = await identityOf(folder);
    try {
      return await readFolder(path, folder);
    } catch (error) {
      // Somebody saved over it while we read: what we saw was half old, half new.
      if (attempt < 5 && (await identityOf(folder)) !== before) continue;
      throw error;
    }
  }
}

async function readFolder(path: string, folder: string): Promise<VerifiedFiles> {
  const manifest = await readRegularFile(path, folder, {
    path: manifestName,
    maxBytes: limits.manifestBytes,
  });
  const entries = parseManifest(decodeUtf8(path, manifest), path);
  for (const entry of entries) await checkSize(path, folder, entry);
  const contents = new Map<string, Uint8Array>();
  for (const entry of entries) {
    const bytes = await readRegularFile(path, folder, { ...entry, maxBytes: entry.size });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== entry.sha256) {
      throw formatError(
        path,
        entry.path,
        'was changed after it was saved (its SHA-256 differs from the manifest)',
      );
    }
    contents.set(entry.path, bytes);
  }
  return new VerifiedFiles(path, contents);
}

async function checkSize(path: string, folder: string, entry: ManifestEntry): Promise<void> {
  const handle = await openPlain(path, folder, entry.path);
  try {
    const { size } = await handle.stat();
    if (size !== entry.size) throw wrongSize(path, entry.path, size, entry.size);
  } finally {
    await handle.close();
  }
}

/** Reads a regular file of at most `maxBytes` (exactly `size` where given). */
async function readRegularFile(
  path: string,
  folder: string,
  wanted: { path: string; maxBytes: number; size?: number },
): Promise<Uint8Array> {
  const { path: name, maxBytes, size } = wanted;
  const handle = await openPlain(path, folder, name);
  try {
    const found = (await handle.stat()).size;
    if (size !== undefined && found !== size) throw wrongSize(path, name, found, size);
    if (found > maxBytes) throw formatError(path, name, `is larger than ${maxBytes} bytes`);
    const bytes = new Uint8Array(found);
    let done = 0;
    while (done < found) {
      const { bytesRead } = await handle.read(bytes, done, Math.min(found - done, 1 << 26), done);
      if (bytesRead === 0) throw wrongSize(path, name, done, found);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Opens a file whose every part below the folder is a plain folder or file, never a link. */
async function openPlain(path: string, folder: string, name: string): Promise<FileHandle> {
  const parts = name.split('/');
  let current = folder;
  try {
    for (const part of parts.slice(0, -1)) {
      current = join(current, part);
      const handle = await open(
        current,
        constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
      );
      await handle.close();
    }
    current = join(current, String(parts.at(-1)));
    // Without O_NONBLOCK, opening a named pipe that somebody laid there would wait for ever.
    const handle = await open(
      current,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (cause) {
    const full = fileLimitError(cause, path);
    if (full !== undefined) throw full;
    const reason = reasons[errnoOf(cause)] ?? `cannot be read (${errnoOf(cause)})`;
    throw formatError(path, name, reason, cause);
  }
  throw formatError(path, name, 'is not a regular file');
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'is missing from the saved model',
  ENOTDIR: 'is missing from the saved model',
  ELOOP: 'is a link, which is not followed',
  EACCES: 'cannot be read: permission denied',
  ENXIO: 'is not a regular file',
};

async function identityOf(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found === undefined ? '' : `${found.dev}:${found.ino}`;
}

function decodeUtf8(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw formatError(path, manifestName, 'is not UTF-8 text');
  }
}

function notFound(path: string): CoppiceError {
  const message = `there is no saved model at ${path}; check the path`;
  return new CoppiceError('FILE_NOT_FOUND', message, { context: { file: path } });
}

function notOpened(path: string, cause: unknown): CoppiceError {
  const full = fileLimitError(cause, path);
  if (full !== undefined) return full;
  const message = `the saved model ${shownPath(path)} cannot be opened: ${reasonNotOpened(cause)}`;
  return new CoppiceError('FILE_NOT_FOUND', message, { context: { file: path }, cause });
}

function wrongSize(path: string, name: string, found: number, size: number): CoppiceError {
  return formatError(path, name, `has ${found} bytes where the manifest says ${size}`);
}

function formatError(path: string, name: string, what: string, cause?: unknown): CoppiceError {
  return new CoppiceError('MODEL_FORMAT', `the file ${name} of the saved model ${path} ${what}`, {
    context: { file: `${path}/${name}` },
    cause,
  });
}
