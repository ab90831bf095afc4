/**
 * MANIFEST.json: path, size and SHA-256 of every other file of a saved stage, by path. It is written
 * last, so a folder that has one is complete; a file that it does not name is never read.
 */
import { CoppiceError } from '../base/errors.ts';
import { isPlainObject, jsonText } from '../base/json.ts';
import { checkFormatVersion, formatVersion } from './format-version.ts';

/** The name of the manifest's file. */
export const manifestName = 'MANIFEST.json';

/** One file of a saved stage. */
export interface ManifestEntry {
  /** Below the folder, with `/` between its parts. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** Limits of what a manifest may claim; far above anything that is written. */
export const limits = {
  manifestBytes: 1 << 26,
  files: 100_000,
  fileBytes: 2 ** 32 - 1,
  pathLength: 1000,
};

const segment = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/;
const digest = /^[0-9a-f]{64}$/;

/** The manifest's text. */
export function manifestText(entries: readonly ManifestEntry[]): string {
  const files = entries
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  return jsonText({ formatVersion, files });
}

/**
 * Reads a manifest's text.
 *
 * @param folder the model's folder, for errors
 * @throws CoppiceError `MODEL_FORMAT`, `MODEL_VERSION`
 */
export function parseManifest(text: string, folder: string): ManifestEntry[] {
  const parsed = parseObject(text);
  if (parsed === undefined) throw broken(folder, 'is not a JSON object');
  checkFormatVersion(parsed['formatVersion'], folder);
  const files = parsed['files'];
  if (!Array.isArray(files) || files.length > limits.files)
    throw broken(folder, 'has no proper list of files');
  const seen = new Set<string>();
  return files.map((file: unknown) => {
    if (!isPlainObject(file)) throw broken(folder, 'has an entry that is not an object');
    const { path, size, sha256 } = file;
    if (typeof path !== 'string' || !isSafePath(path))
      throw broken(folder, 'names a path that is not allowed');
    if (!Number.isSafeInteger(size) || Number(size) < 0 || Number(size) > limits.fileBytes) {
      throw broken(folder, `has no proper size for ${path}`);
    }
    if (typeof sha256 !== 'string' || !digest.test(sha256))
      throw broken(folder, `has no SHA-256 for ${path}`);
    if (seen.has(path.toLowerCase())) throw broken(folder, `names ${path} twice`);
    seen.add(path.toLowerCase());
    return { path, size: Number(size), sha256 };
  });
}

/** Relative, made of plain names, no way out of the folder. */
function isSafePath(path: string): boolean {
  return path.length <= limits.pathLength && path.split('/').every((part) => segment.test(part));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isPlainObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function broken(folder: string, what: string): CoppiceError {
  return new CoppiceError(
    'MODEL_FORMAT',
    `the ${manifestName} of the saved model ${folder} ${what}`,
    {
      context: { file: `${folder}/${manifestName}` },
    },
  );
}
