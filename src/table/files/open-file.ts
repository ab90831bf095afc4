/**
 * Opens a file for reading, on a disk or a web server, where this process may read it and it is the one that was
 * planned.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { allowedPath } from '../../base/allowed-paths.ts';
import { isUrl } from '../../base/allowed-urls.ts';
import { CoppiceError } from '../../base/errors.ts';
import { RemoteFile } from '../http/remote-file.ts';
import { type FileBytes, type FileIdentity, nameOfFile } from './file-bytes.ts';
import { missingFile } from './find-files.ts';
import { readInto } from './read-fully.ts';

/** Opens a file or a URL, checks that it is the one planned, and hands it to `use`. @throws CoppiceError */
export async function withBytes<T>(
  path: string,
  planned: FileIdentity | undefined,
  use: (file: FileBytes) => Promise<T>,
): Promise<T> {
  if (isUrl(path)) return await use(await RemoteFile.open(path, planned));
  const { fd, identity } = openFile(path, planned);
  try {
    return await use({
      identity,
      readInto: (position, bytes) => readInto(fd, position, bytes),
    });
  } finally {
    closeSync(fd);
  }
}

/** Opens a file of a disk, checks that it is the one planned, and hands it to `use`. @throws CoppiceError */
export function withFile<T>(
  path: string,
  planned: FileIdentity | undefined,
  use: (fd: number, identity: FileIdentity) => T,
): T {
  const { fd, identity } = openFile(path, planned);
  try {
    return use(fd, identity);
  } finally {
    closeSync(fd);
  }
}

function openFile(
  path: string,
  planned: FileIdentity | undefined,
): { readonly fd: number; readonly identity: FileIdentity } {
  const allowed = allowedPath('data', path);
  let fd: number;
  try {
    fd = openSync(allowed, 'r');
  } catch (cause) {
    throw missingFile(path, cause);
  }
  const stat = fstatSync(fd);
  if (stat.isFIFO() || stat.isSocket()) {
    closeSync(fd);
    const message = `the file ${path} must be one that can be read at any place; it is a pipe. Write it to a file first`;
    throw new CoppiceError('FILE_FORMAT', message, { context: { file: path } });
  }
  const { size, mtimeMs } = stat;
  if (planned === undefined || !isOther(planned, size, mtimeMs)) {
    return { fd, identity: { path, size, mtimeMs } };
  }
  closeSync(fd);
  throw changedFile(planned);
}

/** The error of a file that is not the one planned: as it is here, or as the copy of it that another machine has. */
export function changedFile({ path, mtimeMs }: FileIdentity): CoppiceError {
  const how =
    mtimeMs === 0
      ? 'it has changed, or is another one here than where the table was opened. Read it again, and give all executors the same files'
      : 'it has changed. Read it again';
  const file = nameOfFile(path);
  const message = `the file ${file} must stay as it is while a table reads it; ${how}`;
  return new CoppiceError('DATA_INVALID', message, { context: { file } });
}

/** Copies of one file on several machines have times of their own: there 0 stands for any. */
function isOther(planned: FileIdentity, size: number, mtimeMs: number): boolean {
  return planned.size !== size || (planned.mtimeMs !== 0 && planned.mtimeMs !== mtimeMs);
}
