// How does the bundle import a package that a short run may never use? By stand-ins that load it when something
// of it is used for the first time: importing apache-arrow alone reads 146 files. The package that is loaded is
// the same that `import` gives, so its objects are those of the user's program.
//
// Arrow is taken in parts: a schema needs 60 of its files, a vector 77, a table 111. A part's classes are those of the
// whole package, for its modules are the same. What says the same of every version, the numbers of types, units and
// precisions and the questions which of them a type has, is copied and loads nothing.
//
// Threads and processes that we start hold no objects of the user's. They take our own copy of Arrow, which is
// one file: 12 ms a thread instead of 80.

import { readFile } from 'node:fs/promises';

/** Name of the module that the stand-ins call. */
export const lazyModule = 'coppice:lazy';

/** The file beside the bundle that holds our own copies of packages. */
export const ownCopiesFile = 'own-packages.cjs';

/** The packages in it. */
export const ownCopies = ['apache-arrow', 'apache-arrow/ipc/metadata/file'];

/** Files beside the bundle: piscina, whose objects no user holds, and what its threads start with. */
export const piscinaFile = 'own-piscina.cjs';
export const piscinaWorker = 'own-piscina-worker.cjs';

/** Source of the file of our own copies: one property a package. */
export const ownCopiesSource = `module.exports = {
${ownCopies.map((name) => `  ${JSON.stringify(name)}: require(${JSON.stringify(name)}),`).join('\n')}
};
`;

/** Modules of a package that can be loaded without the rest, the smallest first. */
const partsOfPackage = {
  'apache-arrow': ['enum', 'type', 'schema', 'data', 'vector', 'recordbatch', 'table'],
};

/** The part that each name of a package is taken from, where there is one. */
async function partsByName(name, whole) {
  const found = new Map();
  for (const part of partsOfPackage[name] ?? []) {
    for (const [key, value] of Object.entries(await import(`${name}/${part}`))) {
      if (value === whole[key] && !found.has(key)) found.set(key, `${name}/${part}`);
    }
  }
  return found;
}

/** Its source: loads packages, makes stand-ins. */
export const lazySource = `
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
let takesOwnCopies = false;

/** Called by the entries of threads and processes, before anything of a package is used. */
export function takeOwnCopies() {
  takesOwnCopies = true;
}

// where a test runner's import.meta cannot resolve, or its require takes no ES modules, the package's CommonJS form serves
const load = (name) => {
  let path = name;
  try {
    path = fileURLToPath(import.meta.resolve(name));
  } catch {}
  try {
    return require(path);
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ESM') throw error;
    return require(name);
  }
};

// where the library was bundled into another file, the package's own files serve
export function lazyPiscina() {
  let loaded;
  return () => {
    try {
      loaded ??= require('./${piscinaFile}');
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
    return (loaded ??= load('piscina'));
  };
}

export function lazyPackage(name) {
  let loaded;
  return () => (loaded ??= (takesOwnCopies && require('./${ownCopiesFile}')[name]) || load(name));
}

/** A part of a package, or all of it where a version of the package has no such part. */
export function lazyPart(part, loadWhole) {
  const loadPart = lazyPackage(part);
  return (key) => {
    if (takesOwnCopies) return loadWhole()[key];
    try {
      return loadPart()[key] ?? loadWhole()[key];
    } catch {
      return loadWhole()[key];
    }
  };
}

const once = (get) => {
  let value;
  return () => (value ??= get());
};

export function lazyFunction(get, known = {}) {
  const real = once(get);
  const standIn = new Proxy(function () {}, {
    get: (_, key) => (Object.hasOwn(known, key) ? known[key] : Reflect.get(real(), key)),
    has: (_, key) => Reflect.has(real(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(real()),
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    // of an object that a proxy is the new.target of V8 makes a hidden class of its own: whatever reads it is ten times as slow
    construct: (_, args, target) =>
      target === standIn ? new (real())(...args) : Reflect.construct(real(), args, target),
  });
  return standIn;
}

export function lazyObject(get) {
  const real = once(get);
  return new Proxy({}, {
    get: (_, key) => Reflect.get(real(), key),
    has: (_, key) => Reflect.has(real(), key),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => {
      const found = Reflect.getOwnPropertyDescriptor(real(), key);
      return found === undefined ? undefined : { ...found, configurable: true };
    },
  });
}
`;

/** True for an object of numbers and names only. */
function isEnum(value) {
  const parts = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return parts.length > 0 && parts.every((part) => ['number', 'string'].includes(typeof part));
}

/** Static methods of Arrow's DataType that ask whether a type has one certain number, which they are told by. */
function typeQuestions({ DataType, Type }) {
  const ids = Object.values(Type).filter((id) => typeof id === 'number');
  const names = Object.getOwnPropertyNames(DataType).filter((name) => /^is[A-Z]/.test(name));
  return names.flatMap((name) => {
    const [id, ...others] = ids.filter((typeId) => DataType[name]({ typeId }) === true);
    if (id === undefined || others.length > 0) return [];
    return [`${name}: (type) => type?.typeId === ${id}`];
  });
}

/** Source of a module that stands in for a package, which is loaded now to see what it exports. */
export async function standInSource(name) {
  const found = await import(name);
  const partOf = await partsByName(name, found);
  const parts = [...new Set(partOf.values())];
  const lines = [
    `import { lazyFunction, lazyObject, lazyPackage, lazyPart, lazyPiscina } from '${lazyModule}';`,
    name === 'piscina'
      ? 'const load = lazyPiscina();'
      : `const load = lazyPackage(${JSON.stringify(name)});`,
    ...parts.map(
      (part, i) => `const part${i} = /* @__PURE__ */ lazyPart(${JSON.stringify(part)}, load);`,
    ),
  ];
  for (const [key, value] of Object.entries(found)) {
    const kind = { function: 'lazyFunction', object: 'lazyObject' }[typeof value];
    if (kind === undefined || value === null || key === 'module.exports') continue;
    if (name === 'apache-arrow' && isEnum(value)) {
      lines.push(`export const ${key} = ${JSON.stringify(value)};`);
      continue;
    }
    const part = partOf.get(key);
    const ofPart = part === undefined ? `load().${key}` : `part${parts.indexOf(part)}('${key}')`;
    const get = key === 'default' ? '(load().default ?? load())' : ofPart;
    const isAsked = name === 'apache-arrow' && key === 'DataType';
    const known = isAsked ? `, { ${typeQuestions(found).join(', ')} }` : '';
    lines.push(
      `${key === 'default' ? 'export default' : `export const ${key} =`} /* @__PURE__ */ ${kind}(() => ${get}${known});`,
    );
  }
  return lines.join('\n');
}

/** The bundler's plugin for the named packages. @param insiders entries of what we start ourselves */
export function lazyPackages(names, insiders) {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /^[a-z]/ }, ({ path }) => {
        if (path === lazyModule) return { path, namespace: 'lazy' };
        return names.includes(path) ? { path, namespace: 'lazy', sideEffects: false } : undefined;
      });
      build.onLoad({ filter: /-(main|work)\.js$/ }, async ({ path }) => {
        if (!insiders.includes(path)) return undefined;
        const source = await readFile(path, 'utf8');
        return {
          contents: `import { takeOwnCopies } from '${lazyModule}';\ntakeOwnCopies();\n${source}`,
        };
      });
      build.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => ({
        contents: path === lazyModule ? lazySource : await standInSource(path),
      }));
    },
  };
}
