/**
 * Where the worker threads' entry lies: in the bundle, also when this module itself runs outside of it, as in the
 * library's own tests.
 */

/** URL of the built executor-main.js. */
export function workerUrl(moduleUrl: string = import.meta.url): URL {
  const built = /\/worker-url\.[jt]s$/.test(moduleUrl)
    ? '../../dist/bundle/node/executor-main.js'
    : './executor-main.js';
  return new URL(built, moduleUrl);
}
