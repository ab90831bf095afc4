/**
 * A function that a user hands in: a closure, run on the calling thread batch by batch, or the name of a
 * function that a module exports, which other threads can import by themselves. The source of a closure
 * is never sent anywhere.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { allowedPath } from './allowed-paths.ts';
import { reasonOf } from './describe-value.ts';
import { CoppiceError, isCoppiceError } from './errors.ts';

/** Names an exported function of a module; made by {@link fromModule}. */
export interface ModuleFunction {
  /** Where the module is. */
  readonly moduleUrl: string;
  /** The name of its export. */
  readonly exportName: string;
}

/** A closure, or a function of a module. */
export type UserFunction<F extends (...args: never[]) => unknown> = F | ModuleFunction;

/**
 * Names a function that a module exports, so that worker threads import it and run it there.
 *
 * @param url where the module lies, usually `new URL('./my-functions.js', import.meta.url)`
 * @param exportName the name under which the module exports the function
 * @throws CoppiceError `PARAM_INVALID`
 * @example
 * ```ts
 * import { fromModule } from 'coppice';
 * const logarithm = fromModule(new URL('file:///app/functions.js'), 'logarithm');
 * console.log(logarithm.exportName); // logarithm
 * ```
 */
export function fromModule(url: URL | string, exportName: string): ModuleFunction {
  const moduleUrl = String(url);
  if (!URL.canParse(moduleUrl)) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `url of fromModule must be an absolute URL; got "${moduleUrl}"`,
    );
  }
  if (exportName === '') {
    throw new CoppiceError(
      'PARAM_INVALID',
      'exportName of fromModule must be a non-empty string; got ""',
    );
  }
  return Object.freeze({ moduleUrl, exportName });
}

/** True for what {@link fromModule} returns. */
export function isModuleFunction(value: unknown): value is ModuleFunction {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<ModuleFunction>;
  return typeof candidate.moduleUrl === 'string' && typeof candidate.exportName === 'string';
}

/** The name under which a user's function is saved: that of the export, or of the function. */
export function userFunctionName(value: UserFunction<(...args: never[]) => unknown>): string {
  return isModuleFunction(value) ? value.exportName : value.name;
}

let hasImported = false;

/** True once this thread runs code of a user's, who may keep what that returned. */
export function runsUserCode(): boolean {
  return hasImported;
}

/** Imports a module's function in this thread. */
export async function importModuleFunction(
  reference: ModuleFunction,
): Promise<(...args: never[]) => unknown> {
  const where = { module: reference.moduleUrl, function: reference.exportName };
  const url = allowedUrl(reference.moduleUrl);
  hasImported = true;
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (cause) {
    const message = `the module ${reference.moduleUrl} of function ${reference.exportName} cannot be imported`;
    throw new CoppiceError('DEPENDENCY_MISSING', message, { context: where, cause });
  }
  const found = module[reference.exportName];
  if (typeof found !== 'function') {
    const message = `the module ${reference.moduleUrl} must export a function ${reference.exportName}; it does not`;
    throw new CoppiceError('DEPENDENCY_MISSING', message, { context: where });
  }
  return found as (...args: never[]) => unknown;
}

/** A process that works for somebody else imports files of allowed folders only. */
function allowedUrl(url: string): string {
  const { protocol } = new URL(url);
  const path = protocol === 'file:' ? fileURLToPath(url) : url;
  const allowed = allowedPath('modules', path);
  return allowed === path ? url : pathToFileURL(allowed).href;
}

/**
 * The function with a code for what it throws, at once or in a promise.
 *
 * @param title says which function it is: `the function of withColumn (column age)`
 * @throws CoppiceError `FUNCTION_FAILED` with the user's error as the cause; errors with a code stay as they are
 */
export function guardUserFunction<A extends readonly unknown[], R>(
  title: string,
  run: (...args: A) => R,
): (...args: A) => R {
  const fail = (cause: unknown): never => {
    if (isCoppiceError(cause)) throw cause;
    const reason = reasonOf(cause);
    throw new CoppiceError('FUNCTION_FAILED', `${title} failed: ${reason}`, { cause });
  };
  return (...args) => {
    try {
      const answer = run(...args);
      return answer instanceof Promise ? (answer.catch(fail) as R) : answer;
    } catch (cause) {
      return fail(cause);
    }
  };
}
