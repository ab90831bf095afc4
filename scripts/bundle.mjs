// Which files do users run? dist/bundle/node: an entry each for the library, the command, the worker threads and
// the processes. Packages stay outside, so that Arrow objects are the user's own.
//
// What starts together is bundled together: a program loads the library and its threads load theirs. Chunks that all
// entries share would be some thirty files each, of which every one costs half a millisecond, so the library
// and the threads have theirs to themselves. Of the library what few programs need is a file that is loaded when it is
// used (late-modules.mjs), and so are the plain twins of the kernels, which run where WebAssembly does not. White space
// goes and statements become shorter ones that do the same; names stay, for errors tell them. Nothing of ours is run from a
// function's text: kernels of gpu.js and the code of exported modules are strings.

import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { lateModules } from './late-modules.mjs';
import {
  lazyPackages,
  ownCopiesFile,
  ownCopiesSource,
  piscinaFile,
  piscinaWorker,
} from './lazy-package.mjs';
import { filesBelow } from './source-stamp.mjs';

// the folder lies as deep below the root as every module that names a file beside dist
const library = { index: 'index.js' };
const groups = [
  { 'executor-main': 'session/executor-main.js' },
  {
    cli: 'cli/main.js',
    'process-main': 'cluster/tcp/process-main.js',
    'executor-process': 'cluster/executors/executor-process.js',
    'gpu-probe': 'tree/backend/gpu/probe-main.js',
  },
];

/** Entries of what we start ourselves. */
const insiders = ['session/executor-work.js', 'cluster/tcp/process-main.js'];

// of Node's own modules node:crypto takes 4 to 8 ms a thread, those that open connections some 10 together,
// node:worker_threads 0.4 MiB of a program that starts no thread
const lazyOnes = [
  ...['apache-arrow', 'apache-arrow/ipc/metadata/file', 'papaparse', 'piscina'],
  ...['node:crypto', 'node:http', 'node:https', 'node:net', 'node:tls', 'node:zlib'],
  ...['node:timers/promises', 'node:worker_threads'],
];

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  minifySyntax: true,
  // Node prints the line in which an error was thrown
  lineLimit: 160,
  legalComments: 'inline',
  logLevel: 'warning',
};

/** The file of the kernels' plain twins: CommonJS, for whoever chooses kernels cannot wait. */
const twinsFile = 'reference-kernels.cjs';

/** The bundler's plugin: a stand-in for the twins where kernels are chosen. */
const lateTwins = {
  name: 'late-twins',
  setup(build) {
    build.onResolve({ filter: /^\.\/reference\/kernels\.js$/ }, ({ path }) => ({
      path,
      namespace: 'late-twins',
      sideEffects: false,
    }));
    build.onLoad({ filter: /.*/, namespace: 'late-twins' }, () => ({
      contents: `import { createRequire } from 'node:module';
export const referenceKernels = (memory) =>
  createRequire(import.meta.url)('./${twinsFile}').referenceKernels(memory);`,
    }));
  },
};

/** The bundler's plugin: threads start with the file that lies beside. */
const ownWorker = {
  name: 'own-worker',
  setup(build) {
    build.onLoad({ filter: /piscina[\\/]dist[\\/]index\.js$/ }, ({ path }) => {
      const parts = readFileSync(path, 'utf8').split("__dirname, 'worker.js'");
      if (parts.length !== 2) throw new Error(`bundle: ${path} does not name its worker once`);
      return { contents: parts.join(`__dirname, '${piscinaWorker}'`), loader: 'js' };
    });
  },
};

/** Piscina and what its threads start with, a file each: fourteen files and seven in the package. */
async function bundlePiscina(folder) {
  const home = dirname(createRequire(import.meta.url).resolve('piscina'));
  const external = ['@napi-rs/nice'];
  await bundleAlone({
    entryPoints: [join(home, 'main.js')],
    outfile: join(folder, piscinaFile),
    external,
    plugins: [ownWorker],
  });
  const worker = { entryPoints: [join(home, 'worker.js')], outfile: join(folder, piscinaWorker) };
  await bundleAlone({ ...worker, external });
}

/** Bundles the modules of `dist`. */
export async function bundle(dist) {
  const folder = join(dist, 'bundle', 'node');
  rmSync(folder, { recursive: true, force: true });
  const plugin = lazyPackages(
    lazyOnes,
    insiders.map((path) => join(dist, path)),
  );
  await bundleLibrary({ dist, folder, plugin });
  for (const group of groups) {
    await bundleGroup({ folder, entries: entriesOf(dist, group), plugins: [plugin] });
  }
  const copies = { contents: ownCopiesSource, resolveDir: dist, loader: 'js' };
  await bundleAlone({
    stdin: copies,
    conditions: ['import'],
    outfile: join(folder, ownCopiesFile),
  });
  await bundlePiscina(folder);
  const twins = join(dist, 'kernels', 'reference', 'kernels.js');
  await bundleAlone({ entryPoints: [twins], outfile: join(folder, twinsFile) });
  nameClasses(folder);
  const command = join(folder, 'cli.js');
  if (existsSync(command)) chmodSync(command, 0o755);
}

/**
 * Gives classes that speak of themselves their own names again: the bundler writes `var Table = class _Table`, and a user
 * would read `_Table` where an object is printed. The inner name shadows the outer, as in the source.
 */
function nameClasses(folder) {
  for (const path of filesBelow(folder, '.js')) {
    const source = readFileSync(path, 'utf8');
    const inner = source.matchAll(/\b([\w$]+)=class _\1\b/g);
    const names = new Set([...inner].map(([, name]) => `_${name}`));
    if (names.size === 0) continue;
    const renamed = source.replace(/(?<![\w$.#])_[\w$]+/g, (name) =>
      names.has(name) ? name.slice(1) : name,
    );
    writeFileSync(path, renamed);
  }
}

function entriesOf(dist, group) {
  const found = Object.entries(group).filter(([, path]) => existsSync(join(dist, path)));
  return Object.fromEntries(found.map(([name, path]) => [name, join(dist, path)]));
}

/** The library, and the file of what few programs need. */
async function bundleLibrary({ dist, folder, plugin }) {
  const entries = entriesOf(dist, library);
  const bundles = join(dist, 'bundle');
  const paths = filesBelow(dist, '.js').filter((path) => !path.startsWith(bundles));
  const late = await lateModules({ dist, library: entries.index, paths });
  await bundleGroup({ folder, entries, plugins: [late, plugin] });
}

/** Entries that share chunks. */
async function bundleGroup({ folder, entries, plugins }) {
  await build({
    ...common,
    entryPoints: entries,
    outdir: folder,
    chunkNames: '[name]-[hash]',
    splitting: true,
    packages: 'external',
    plugins: [lateTwins, ...plugins],
    format: 'esm',
    treeShaking: true,
  });
}

/** A file that stands for itself. */
async function bundleAlone(options) {
  await build({ ...common, format: 'cjs', ...options });
}
