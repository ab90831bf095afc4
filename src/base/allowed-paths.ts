/**
 * Which files may this process read for somebody else? A process of one's own reads all; one that works for a driver
 * on another machine only what its operator allowed, wherever links lead. The list is in the environment, so that
 * worker threads have it too, and they cannot change that of the process.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CoppiceError } from './errors.ts';

/** The variables with the allowed folders, each a JSON list; without one, everything is allowed. */
export const allowedFolders = {
  data: 'COPPICE_DATA_ROOTS',
  modules: 'COPPICE_MODULE_FOLDERS',
} as const;

const flags = { data: '--data-root', modules: '--modules' } as const;

/**
 * The path to open for a path that was asked for; a relative one begins in the first allowed folder.
 *
 * @throws CoppiceError `ACCESS_DENIED` where it lies in no allowed folder
 */
export function allowedPath(kind: keyof typeof allowedFolders, path: string): string {
  const list = process.env[allowedFolders[kind]];
  if (list === undefined) return path;
  const folders = JSON.parse(list) as string[];
  const wanted = isAbsolute(path) ? path : resolve(folders[0] ?? sep, path);
  const real = realPath(wanted);
  if (folders.some((folder) => isInside(real, folder))) return real;
  const what = kind === 'data' ? 'file' : 'module';
  const where = folders.length === 0 ? `it has none (see ${flags[kind]})` : `see ${flags[kind]}`;
  const message = `a ${what} that an executor reads must lie in a folder that its operator allowed, ${where}; got ${path}`;
  throw new CoppiceError('ACCESS_DENIED', message, { context: { file: path } });
}

/** Where a path leads; of one that is not there, where the folders on its way lead. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way));
}
