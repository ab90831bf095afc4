// Which files do users run? dist/bundle/node: an entry each for the library, the command, the worker threads and
// the processes, and the chunks that they share. Packages stay outside, so that Arrow objects are the user's own.

import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { lazyPackages, ownCopiesFile, ownCopiesSource } from './lazy-package.mjs';

// the folder lies as deep below the root as every module that names a file beside dist
const entries = {
  index: 'index.js',
  cli: 'cli/main.js',
  'executor-main': 'session/executor-main.js',
  'process-main': 'cluster/tcp/process-main.js',
  'executor-process': 'cluster/executors/executor-process.js',
  'gpu-probe': 'tree/backend/gpu/probe-main.js',
};

const lazyOnes = ['apache-arrow', 'apache-arrow/ipc/metadata/file', 'papaparse', 'piscina'];

/** Bundles the modules of `dist`. */
export async function bundle(dist) {
  const folder = join(dist, 'bundle', 'node');
  rmSync(folder, { recursive: true, force: true });
  const insiders = ['executor-main', 'process-main'].map((name) => join(dist, entries[name]));
  const found = Object.entries(entries).filter(([, path]) => existsSync(join(dist, path)));
  await build({
    entryPoints: Object.fromEntries(found.map(([name, path]) => [name, join(dist, path)])),
    outdir: folder,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    plugins: [lazyPackages(lazyOnes, insiders)],
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    treeShaking: true,
    logLevel: 'warning',
  });
  await build({
    stdin: { contents: ownCopiesSource, resolveDir: dist, loader: 'js' },
    outfile: join(folder, ownCopiesFile),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    conditions: ['import'],
    minifyWhitespace: true,
    legalComments: 'inline',
    logLevel: 'warning',
  });
  const command = join(folder, 'cli.js');
  if (existsSync(command)) chmodSync(command, 0o755);
}
