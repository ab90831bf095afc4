// Which sources were dist/ and wasm/build/ made from?
//
// `npm run build` records a hash of the sources here; the tests compare it with the sources of
// now. Content is compared, never a date: a checkout or a touched file changes dates only.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const cacheDir = join(root, 'node_modules', '.cache', 'coppice');
const stampFile = join(cacheDir, 'build-stamp.json');

/** Paths below `folder` whose names end in `ending`, sorted. */
export function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Hash of the names and the content of files. */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(relative(root, path).split(sep).join('/')).update('\0');
    hash.update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Hash of everything that decides what is in dist/ (ts) and in wasm/build/ (wasm). */
export function hashSources() {
  return {
    ts: hashOf([
      ...filesBelow(join(root, 'src'), '.ts'),
      ...filesBelow(join(root, 'types'), '.ts'),
      join(root, 'tsconfig.json'),
      join(root, 'tsconfig.build.json'),
      join(root, 'scripts', 'bundle.mjs'),
      join(root, 'scripts', 'late-modules.mjs'),
      join(root, 'scripts', 'lazy-package.mjs'),
    ]),
    wasm: hashOf([
      ...filesBelow(join(root, 'wasm', 'assembly'), '.ts'),
      join(root, 'wasm', 'asconfig.json'),
    ]),
  };
}

/** The hashes of the last build, or an empty object. */
export function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

/** Adds the given hashes to the record of the last build. */
export function writeStamp(part) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, `${JSON.stringify({ ...readStamp(), ...part })}\n`);
}
