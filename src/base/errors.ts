/**
 * What can go wrong, by code. A code is the identity of an error: it survives structured clone and a
 * socket, where `instanceof` does not. The message says what, where and the remedy.
 */
import { reasonOf } from './describe-value.ts';

/** Every error code of the library; callers match on these. */
export type ErrorCode =
  /** A parameter has a value that its rule does not allow. */
  | 'PARAM_INVALID'
  /** A stage was given a parameter that it does not have. */
  | 'PARAM_UNKNOWN'
  /** A column was named that the table lacks. */
  | 'COLUMN_NOT_FOUND'
  /** A stage would add a column under a name that is taken. */
  | 'COLUMN_EXISTS'
  /** A column has a type that cannot be used here. */
  | 'COLUMN_TYPE'
  /** The columns of a table differ from those a model was fitted on, or files of one table differ. */
  | 'SCHEMA_MISMATCH'
  /** There are no rows to work on. */
  | 'DATA_EMPTY'
  /** A column holds a value that cannot be used here. */
  | 'DATA_INVALID'
  /** A label is missing, not finite, or not one of the classes. */
  | 'LABEL_INVALID'
  /** A weight is missing, negative or not finite, or all weights are 0. */
  | 'WEIGHT_INVALID'
  /** A category is new to the model, and the stage was told to refuse such rows. */
  | 'CATEGORY_UNSEEN'
  /** A file, a folder or a table of a catalog is not there, or a pattern matches none. */
  | 'FILE_NOT_FOUND'
  /** The output is there already; `overwrite` replaces it. */
  | 'FILE_EXISTS'
  /** A data file is damaged, cut short or of another format. */
  | 'FILE_FORMAT'
  /** A web server did not give the bytes of a file: it failed, was too slow, or knows no ranges. */
  | 'FILE_FETCH'
  /** The disk refused a write; what was there before is untouched. */
  | 'FILE_WRITE'
  /** A saved model is damaged, incomplete or was changed. */
  | 'MODEL_FORMAT'
  /** A model was saved by a newer version of the format. */
  | 'MODEL_VERSION'
  /** A saved model is of another class than the one that loads it. */
  | 'MODEL_CLASS'
  /** A saved model names a function of the user that `load` was not given. */
  | 'FUNCTION_MISSING'
  /** A function of the user threw, or gave what cannot be used. */
  | 'FUNCTION_FAILED'
  /** Something of a fitted model was asked of one that is not. */
  | 'NOT_FITTED'
  /** The combination of options is not offered. */
  | 'UNSUPPORTED'
  /** An optional package is not installed. */
  | 'DEPENDENCY_MISSING'
  /** Device 'gpu' was asked for, and no GPU can be used; the message says why. */
  | 'GPU_UNAVAILABLE'
  /** The GPU was lost or reported an error while it trained. */
  | 'GPU_FAILED'
  /** This process, or the machine, has as many files open as it may. */
  | 'FILE_LIMIT'
  /** The work needs more memory than it may have, or than the machine gave. */
  | 'MEMORY_LIMIT'
  /** The AbortSignal of the call fired. */
  | 'ABORTED'
  /** The session was closed before or during the work. */
  | 'SESSION_CLOSED'
  /** A worker thread or remote executor died. */
  | 'EXECUTOR_LOST'
  /** A worker thread or remote executor ran into an error. */
  | 'EXECUTOR_FAILED'
  /** A remote executor works for another session. */
  | 'EXECUTOR_BUSY'
  /** The other side does not know the token, or a path or module is none that an executor, or Spark, may read. */
  | 'ACCESS_DENIED'
  /** A rank did not come to a meeting in time. */
  | 'COLLECTIVE_TIMEOUT'
  /** A server did not accept who this session says it is. */
  | 'UNAUTHENTICATED'
  /** The other side of a connection sent what the protocol does not allow. */
  | 'PROTOCOL'
  /** The call or command line as a whole makes no sense. */
  | 'USAGE'
  /** A defect of the library itself; please report it. */
  | 'INTERNAL';

/** Where an error happened: any of column, row, partition, rank, file, and the values at fault. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

/** What crosses a thread or a socket in place of a CoppiceError. */
export interface ErrorRecord {
  /** The identity of the error. */
  readonly code: ErrorCode;
  /** What, where and the remedy. */
  readonly message: string;
  /** Where it happened. */
  readonly context: ErrorContext;
  /** The stack where it was thrown. */
  readonly stack?: string | undefined;
}

/**
 * The one error class of the library.
 *
 * @example
 * ```ts
 * import { CoppiceError } from 'coppice';
 * const error = new CoppiceError('PARAM_INVALID', 'maxIter of GBTRegressor must be an integer ≥ 1; got 0');
 * console.log(error.code); // PARAM_INVALID
 * ```
 */
export class CoppiceError extends Error {
  /** The identity of the error. */
  readonly code: ErrorCode;
  /** Where it happened. */
  readonly context: ErrorContext;

  constructor(
    code: ErrorCode,
    message: string,
    options: { context?: ErrorContext; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CoppiceError';
    this.code = code;
    this.context = options.context ?? {};
  }
}

/** True for a CoppiceError, also one that crossed a thread (then only the code is left). */
export function isCoppiceError(error: unknown, code?: ErrorCode): error is CoppiceError {
  if (typeof error !== 'object' || error === null) return false;
  const found = (error as { code?: unknown }).code;
  const named = (error as { name?: unknown }).name === 'CoppiceError';
  return named && (code === undefined || found === code);
}

/** What to do where the machine gives no more memory. */
export const memoryRemedy =
  'the machine gave no memory, or not the addresses that V8 reserves for WebAssembly (some 10 GiB for a memory, none of ' +
  'it used yet); free memory, read fewer rows or columns, or raise the limit of virtual memory (`ulimit -v unlimited`)';

/** The error for a file that was not opened because too many are; undefined where that is not the reason. */
export function fileLimitError(cause: unknown, file?: string): CoppiceError | undefined {
  const { code, path = 'a file' } = (cause ?? {}) as { code?: unknown; path?: unknown };
  if (code !== 'EMFILE' && code !== 'ENFILE') return undefined;
  const who = code === 'EMFILE' ? 'this process' : 'the machine';
  const remedy =
    code === 'EMFILE' ? 'raise the limit (`ulimit -n 1024`)' : 'end programs that have many open';
  const message = `${file ?? path} cannot be opened: ${who} has as many files open as it may (${code}); ${remedy}`;
  return new CoppiceError('FILE_LIMIT', message, {
    context: file === undefined ? {} : { file },
    cause,
  });
}

/** Turns any thrown value into a plain record that survives structured clone; a failed allocation is `MEMORY_LIMIT`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (isCoppiceError(error)) {
    return { code: error.code, message: error.message, context: error.context, stack: error.stack };
  }
  const full = fileLimitError(error);
  if (full !== undefined) return { ...toErrorRecord(full), stack: (error as Error).stack };
  const cause = error instanceof Error ? error : new Error(reasonOf(error));
  const isFull = cause instanceof RangeError && /allocat/.test(cause.message);
  return {
    code: isFull ? 'MEMORY_LIMIT' : 'INTERNAL',
    message: isFull ? `${cause.message}: ${memoryRemedy}` : cause.message,
    context: {},
    stack: cause.stack,
  };
}

/** The inverse of {@link toErrorRecord}. */
export function fromErrorRecord(record: ErrorRecord): CoppiceError {
  const error = new CoppiceError(record.code, record.message, { context: record.context });
  if (record.stack !== undefined) error.stack = record.stack;
  return error;
}

/** Throws `INTERNAL` when an invariant of the library itself does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new CoppiceError('INTERNAL', `internal invariant broken: ${message}`);
}
