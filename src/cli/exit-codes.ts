/** Which exit code does an error give? 0 done, 1 failed, 2 usage, 3 bad data, 4 bad model, 130 interrupted. */
import type { ErrorCode } from '../base/errors.ts';

/** What the shell sees. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

const byCode: Readonly<Record<ErrorCode, ExitCode>> = {
  PARAM_INVALID: 2,
  PARAM_UNKNOWN: 2,
  USAGE: 2,
  UNSUPPORTED: 2,
  FILE_EXISTS: 2,
  COLUMN_NOT_FOUND: 3,
  COLUMN_EXISTS: 3,
  COLUMN_TYPE: 3,
  SCHEMA_MISMATCH: 3,
  DATA_EMPTY: 3,
  DATA_INVALID: 3,
  LABEL_INVALID: 3,
  WEIGHT_INVALID: 3,
  CATEGORY_UNSEEN: 3,
  FILE_NOT_FOUND: 3,
  FILE_FORMAT: 3,
  FILE_FETCH: 3,
  MODEL_FORMAT: 4,
  MODEL_VERSION: 4,
  MODEL_CLASS: 4,
  FUNCTION_MISSING: 4,
  NOT_FITTED: 4,
  ABORTED: 130,
  FILE_WRITE: 1,
  DEPENDENCY_MISSING: 1,
  FILE_LIMIT: 1,
  MEMORY_LIMIT: 1,
  SESSION_CLOSED: 1,
  EXECUTOR_LOST: 1,
  EXECUTOR_FAILED: 1,
  EXECUTOR_BUSY: 1,
  ACCESS_DENIED: 1,
  COLLECTIVE_TIMEOUT: 1,
  UNAUTHENTICATED: 1,
  PROTOCOL: 1,
  FUNCTION_FAILED: 1,
  GPU_UNAVAILABLE: 1,
  GPU_FAILED: 1,
  INTERNAL: 1,
};

/** The exit code of an error. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return byCode[code] ?? 1;
}
