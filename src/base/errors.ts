/**
 * What can go wrong, by code. A code is the identity of an error: it survives structured clone and a
 * socket, where `instanceof` does not. The message says what, where and the remedy.
 */

/** Every error code of the library; callers match on these. */
export type ErrorCode =
  | 'PARAM_INVALID'
  | 'PARAM_UNKNOWN'
  | 'COLUMN_NOT_FOUND'
  | 'COLUMN_EXISTS'
  | 'COLUMN_TYPE'
  | 'SCHEMA_MISMATCH'
  | 'DATA_EMPTY'
  | 'DATA_INVALID'
  | 'LABEL_INVALID'
  | 'WEIGHT_INVALID'
  | 'CATEGORY_UNSEEN'
  | 'FILE_NOT_FOUND'
  | 'FILE_EXISTS'
  | 'FILE_FORMAT'
  | 'FILE_WRITE'
  | 'MODEL_FORMAT'
  | 'MODEL_VERSION'
  | 'MODEL_CLASS'
  | 'FUNCTION_MISSING'
  | 'NOT_FITTED'
  | 'UNSUPPORTED'
  | 'DEPENDENCY_MISSING'
  | 'MEMORY_LIMIT'
  | 'ABORTED'
  | 'SESSION_CLOSED'
  | 'EXECUTOR_LOST'
  | 'EXECUTOR_FAILED'
  | 'COLLECTIVE_TIMEOUT'
  | 'PROTOCOL'
  | 'USAGE'
  | 'INTERNAL';

/** Where an error happened: any of column, row, partition, rank, file, and the values at fault. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

/** What crosses a thread or a socket in place of a CoppiceError. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly context: ErrorContext;
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

/** Turns any thrown value into a plain record that survives structured clone. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (isCoppiceError(error)) {
    return { code: error.code, message: error.message, context: error.context, stack: error.stack };
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  return { code: 'INTERNAL', message: cause.message, context: {}, stack: cause.stack };
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
