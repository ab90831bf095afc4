/**
 * Which files a table is read from: a file, a list, a glob or a folder, sorted by path. Names that begin
 * with `_` or `.` are skipped inside folders, and folders named `key=value` give columns (`_key=value` too). A URL is one
 * file, because web servers list no folders.
 */
import { existsSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { allowedUrl, isUrl, nameOfUrl } from '../../base/allowed-urls.ts';
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError, fileLimitError } from '../../base/errors.ts';
import { reasonNotOpened, shownPath } from '../../base/file-reasons.ts';
import { nearestName } from '../../base/nearest-name.ts';
import { refuseLoggedFolder } from './refuse-logged-folder.ts';

/** A file and what the folders on the way to it say. */
export interface FoundFile {
  readonly path: string;
  /** Keys and values of `key=value` folders, outermost first. */
  readonly folderValues: readonly (readonly [string, string])[];
}

const globCharacters = /[*?[\]{}]/;

/**
 * The files of one or more paths, sorted by path.
 *
 * @param extensions file names to take from folders; where none matches, every file is taken
 * @throws CoppiceError `FILE_NOT_FOUND`, `PARAM_INVALID`, `UNSUPPORTED`
 */
export function findFiles(
  paths: string | readonly string[],
  extensions: readonly string[],
): FoundFile[] {
  const list = typeof paths === 'string' ? [paths] : paths;
  const isList = Array.isArray(list) && list.length > 0;
  if (!isList || list.some((path) => typeof path !== 'string' || path === '')) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `paths of read must be a path, or a list of one path or more; got ${describeValue(paths)}${remedyFor(paths)}`,
    );
  }
  const found = list.flatMap((path) => filesOfPath(path, extensions));
  const place = ({ path }: FoundFile): string => (isUrl(path) ? path : resolve(path));
  return found.sort((a, b) => compare(place(a), place(b)));
}

/** The error about a path that cannot be opened. */
export function missingFile(path: string, given?: unknown): CoppiceError {
  const cause = given ?? refusalOf(path);
  const code = (cause as { code?: string } | undefined)?.code;
  const full = fileLimitError(cause, path);
  if (full !== undefined) return full;
  const options = { context: { file: path }, cause };
  if (code !== undefined && code !== 'ENOENT' && code !== 'ENOTDIR') {
    return new CoppiceError(
      'FILE_NOT_FOUND',
      `the file ${shownPath(path)} cannot be opened: ${reasonNotOpened(cause)}`,
      options,
    );
  }
  if (path.includes('\uFFFD')) {
    const message = `the file ${path} must have a name in UTF-8; it has bytes that are none; rename it`;
    return new CoppiceError('FILE_NOT_FOUND', message, options);
  }
  if (isLink(path)) {
    const message = `the file ${path} must exist; it is a link to one that does not`;
    return new CoppiceError('FILE_NOT_FOUND', message, options);
  }
  const near = nearestName(basename(path), namesIn(dirname(path)));
  const hint = near === undefined ? 'check the path' : `did you mean ${join(dirname(path), near)}?`;
  return new CoppiceError(
    'FILE_NOT_FOUND',
    `the file ${path} must exist; it does not; ${hint}`,
    options,
  );
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** What the system says about a path, where it says anything; undefined where nothing refuses it. */
function refusalOf(path: string): unknown {
  try {
    lstatSync(path);
    return undefined;
  } catch (cause) {
    return cause;
  }
}

function filesOfPath(path: string, extensions: readonly string[]): FoundFile[] {
  if (isUrl(path)) return [{ path: fileUrl(path).href, folderValues: [] }];
  if (!existsSync(path)) {
    if (!globCharacters.test(path)) throw missingFile(path);
    return filesOfGlob(path, extensions);
  }
  if (!isFolder(path)) return [{ path, folderValues: [] }];
  return filesOfFolder(path, extensions, []);
}

/** Whether a path is a folder; what is neither a folder nor a file cannot be read in parts. */
function isFolder(path: string): boolean {
  let found: Stats;
  try {
    found = statSync(path);
  } catch (cause) {
    throw missingFile(path, cause);
  }
  if (found.isDirectory()) return true;
  if (found.isFile()) return false;
  const kind = found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device';
  const message = `the file ${path} must be a regular file, for threads read parts of it, and read again; it is ${kind}; write what it gives to a file first`;
  throw new CoppiceError('FILE_FORMAT', message, { context: { file: path } });
}

/** The URL of one file. @throws CoppiceError see `allowedUrl` */
function fileUrl(path: string): URL {
  const url = allowedUrl(path);
  if (!url.pathname.endsWith('/') && !/[*]|%7b/i.test(url.pathname)) return url;
  const message = `a URL to read must name one file, because servers list none; got ${nameOfUrl(url)}; give the files as a list`;
  throw new CoppiceError('PARAM_INVALID', message);
}

function filesOfFolder(
  folder: string,
  extensions: readonly string[],
  folderValues: FoundFile['folderValues'],
): FoundFile[] {
  refuseLoggedFolder(folder);
  const all = [...walk(folder, folderValues)];
  const named = all.filter(({ path }) => hasExtension(path, extensions));
  const files = named.length > 0 ? named : all;
  if (files.length > 0) return files;
  const message = `the folder ${folder} must hold files to read; it holds none`;
  throw new CoppiceError('FILE_NOT_FOUND', message, { context: { file: folder } });
}

function hasExtension(path: string, extensions: readonly string[]): boolean {
  const name = path.toLowerCase();
  return extensions.some((extension) => name.endsWith(extension));
}

function* walk(folder: string, folderValues: FoundFile['folderValues']): Generator<FoundFile> {
  for (const name of visibleNames(folder)) {
    const path = join(folder, name);
    if (!isFolder(path)) yield { path, folderValues };
    else yield* walk(path, [...folderValues, ...folderValue(name)]);
  }
}

function filesOfGlob(pattern: string, extensions: readonly string[]): FoundFile[] {
  const segments = pattern.replaceAll('\\', '/').split('/');
  const firstGlob = segments.findIndex((segment) => globCharacters.test(segment));
  const base = segments.slice(0, firstGlob).join('/') || (pattern.startsWith('/') ? '/' : '.');
  const matches = expand(base, segments.slice(firstGlob), []);
  for (const folder of new Set(matches.map(({ path }) => dirname(path))))
    refuseLoggedFolder(folder);
  const files = matches.flatMap(({ path, folderValues }) =>
    isFolder(path) ? filesOfFolder(path, extensions, folderValues) : [{ path, folderValues }],
  );
  if (files.length > 0) return files;
  const message = `the pattern ${pattern} must match a file; it matches none`;
  throw new CoppiceError('FILE_NOT_FOUND', message, { context: { file: pattern } });
}

function expand(
  folder: string,
  segments: readonly string[],
  folderValues: FoundFile['folderValues'],
): FoundFile[] {
  const [segment = '', ...rest] = segments;
  const isLast = rest.length === 0;
  const found: FoundFile[] = [];
  if (segment === '**') found.push(...expand(folder, isLast ? ['*'] : rest, folderValues));
  const matcher = segmentMatcher(segment);
  for (const name of visibleNames(folder)) {
    if (segment !== '**' && !matcher.test(name)) continue;
    const path = join(folder, name);
    const isFolderHere = isFolder(path);
    const values = isFolderHere ? [...folderValues, ...folderValue(name)] : folderValues;
    if (segment === '**') {
      if (isFolderHere) found.push(...expand(path, segments, values));
    } else if (isLast) found.push({ path, folderValues: values });
    else if (isFolderHere) found.push(...expand(path, rest, values));
  }
  return found;
}

/** A regular expression of a glob's segment; `*` never backtracks over itself because runs are merged. */
function segmentMatcher(segment: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < segment.length; i++) {
    const character = segment[i] as string;
    if (character === '*') source += source.endsWith('[^/]*') ? '' : '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[' && segment.indexOf(']', i) > i + 1) {
      const end = segment.indexOf(']', i);
      const body = segment
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\');
      source += `[${body}]`;
      i = end;
    } else if (character === '{' && segment.indexOf('}', i) > i) {
      source += '(?:';
      depth++;
    } else if (character === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (character === ',' && depth > 0) source += '|';
    else source += character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}${')'.repeat(depth)}$`, 'u');
  } catch (cause) {
    const message = `the pattern ${segment} must be one that can be matched; its [ ] or { } cannot`;
    throw new CoppiceError('PARAM_INVALID', message, { cause });
  }
}

function folderValue(name: string): [string, string][] {
  const at = name.indexOf('=');
  if (at <= 0) return [];
  return [[decode(name.slice(0, at)), decode(name.slice(at + 1))]];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws CoppiceError `FILE_NOT_FOUND` for a folder that may not be read: its rows would be missed by nobody */
function visibleNames(folder: string): string[] {
  const names = namesIn(folder, (cause) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw missingFile(folder, cause);
  });
  // a column may be named so, as on Spark
  const isHidden = (name: string): boolean =>
    name.startsWith('.') || (name.startsWith('_') && !name.includes('='));
  return names.filter((name) => !isHidden(name));
}

function namesIn(folder: string, refuse: (cause: unknown) => void = () => {}): string[] {
  try {
    return readdirSync(folder).sort(compare);
  } catch (cause) {
    refuse(cause);
    return [];
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function remedyFor(paths: unknown): string {
  if (ArrayBuffer.isView(paths) || paths instanceof ArrayBuffer)
    return "; write the bytes to a file, or give Arrow's to createTable(tableFromIPC(bytes))";
  return paths instanceof URL ? '; give fileURLToPath(url), or of http its href' : '';
}
