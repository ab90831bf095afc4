/**
 * Where the worker threads' entry lies. Threads run JavaScript: when this module itself runs as
 * TypeScript (the library's own tests), they take the built one.
 */

/** URL of the built executor-main.js. */
export function workerUrl(moduleUrl: string = import.meta.url): URL {
  const built = moduleUrl.endsWith('.ts')
    ? '../../dist/bundle/node/executor-main.js'
    : './executor-main.js';
  return new URL(built, moduleUrl);
}
