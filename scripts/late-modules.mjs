// Which modules does the library load only when somebody uses them? Those named below, or in the folders below, that
// export nothing but async functions and do nothing when they are loaded, and what only they import. In the bundle a
// function of the same name stands in for each; its first call imports all modules of the set, which are one file. So a
// fit of boosted trees compiles what it needs: each 100 KB of source takes 0.6 MiB and 2 ms of a process.
//
// A module that exports something else, or registers itself, stays with the library whatever folder it is in. Functions
// that are not async would have to be loaded by `require`, which knows no ES modules in Jest.

import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

const lateEntry = 'late:entry';
const standIn = 'late-stand-in';

/** What neither a fit of boosted trees nor a prediction needs. */
const folders = [
  'cluster/executors',
  'cluster/simulation',
  'ensemble/foreign',
  'ensemble/forest',
  'ensemble/isolation',
  'ensemble/onnx',
  'ensemble/pmml',
  'ensemble/uplift',
  'evaluation',
  'feature',
  'kernels/reference',
  'linear',
  'pipeline/onnx',
  'pipeline/pmml',
  'stacking',
  'table/arrow-ipc',
  'table/csv',
  'table/http',
  'table/sql',
  'training/forest',
  'training/ranking',
  'training/survival',
  'tuning',
];
/** Modules of that kind in other folders. */
const files = [
  'ensemble/boosting/blend-grades.js',
  'ensemble/boosting/evaluate-rounds.js',
  'ensemble/boosting/features-before.js',
  'ensemble/boosting/fit-outputs.js',
  'ensemble/boosting/refit-leaves.js',
  'pipeline/row-scorer.js',
  'session/connect.js',
  'session/explain-fit.js',
  'table/expressions/expression-evaluator.js',
  'table/parquet/write-parquet.js',
  'training/boosting/costs-of-features.js',
];

// what a line of a module that only declares begins with; all else is done when the module is loaded
const declares =
  /^(import .* from |import \{$|export |const |let |(async )?function\b|class |\/[/*]| ?\*|[\s})\]]|$)/;
const exportedFunction = /^export async function (\w+)\(/;

/** The late modules, each with the names of its functions. @param paths of all modules of `dist` */
async function findLateModules(dist, paths) {
  const found = new Map();
  for (const path of paths) {
    const name = relative(dist, path).split(sep).join('/');
    if (!files.includes(name) && !folders.some((folder) => name.startsWith(`${folder}/`))) continue;
    const functions = await functionsOf(path);
    if (functions !== null) found.set(path, functions);
  }
  return found;
}

/** The names of the async functions that a module exports; null of one that exports or does anything else. */
async function functionsOf(path) {
  const lines = (await readFile(path, 'utf8')).split('\n');
  if (!lines.every((line) => declares.test(line))) return null;
  const exports = lines.filter((line) => line.startsWith('export '));
  const names = exports.map((line) => exportedFunction.exec(line)?.[1]);
  return names.length === 0 || names.includes(undefined) ? null : names;
}

/**
 * The bundler's plugin: the entry of the late file, and stand-ins for its modules wherever others import them.
 * What is loaded later than the library, by this or by `import()`, loads all of the library, which is there by then: so
 * that is one chunk, where a bundler would make one of what each set of entries shares.
 *
 * @param library the library's entry @param paths of all modules of `dist`
 */
export async function lateModules({ dist, library, paths }) {
  const late = await findLateModules(dist, paths);
  const places = [...late.keys()];
  const alsoLibrary = `import ${JSON.stringify(library)};`;
  return {
    name: 'late-modules',
    setup(build) {
      const imported = importedLater(paths);
      build.onResolve({ filter: /^late:/ }, ({ path }) => ({
        path,
        namespace: path,
        sideEffects: path === lateEntry,
      }));
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, namespace, resolveDir }) => {
        const target = join(resolveDir, path);
        const isNear = namespace === lateEntry || late.has(importer);
        if (!late.has(target) || isNear) return undefined;
        return { path: target, namespace: standIn, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: lateEntry }, () => ({
        contents: [...places.map((path, i) => exported(dist, path, i)), alsoLibrary].join('\n'),
        resolveDir: dist,
      }));
      build.onLoad({ filter: /.*/, namespace: standIn }, ({ path }) => ({
        contents: standInSource(places.indexOf(path), late.get(path)),
      }));
      build.onLoad({ filter: /\.js$/, namespace: 'file' }, async ({ path }) => {
        if (!(await imported).has(path)) return undefined;
        return { contents: `${await readFile(path, 'utf8')}\n${alsoLibrary}` };
      });
    },
  };
}

/** The modules that others import when they need them. */
async function importedLater(paths) {
  const targets = new Set();
  for (const path of paths) {
    const source = await readFile(path, 'utf8');
    for (const [, target] of source.matchAll(/\bimport\(['"](\.[^'"]+)['"]\)/g)) {
      targets.add(join(path, '..', target));
    }
  }
  return targets;
}

function exported(dist, path, index) {
  const target = `./${relative(dist, path).split(sep).join('/')}`;
  return `export * as m${index} from ${JSON.stringify(target)};`;
}

function standInSource(index, names) {
  const functions = names.map((name) => {
    const call = `(await import('${lateEntry}')).m${index}.${name}(...given)`;
    return `export async function ${name}(...given) { return ${call}; }`;
  });
  return functions.join('\n');
}
