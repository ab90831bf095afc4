/**
 * What went wrong on Spark's side, as an error of this library: what a member of ours said is found again in
 * the text that Spark wraps it in; a token is never repeated.
 *
 * A member's error travels through Python and the JVM as text: COPPICE:<the record as base64url>:
 */
import {
  CoppiceError,
  type ErrorCode,
  type ErrorRecord,
  fromErrorRecord,
} from '../../base/errors.ts';
import { redact } from './redact.ts';

/** Codes of gRPC that are met. */
export const grpcStatus = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  unauthenticated: 16,
  permissionDenied: 7,
  unavailable: 14,
  internal: 13,
} as const;

interface GrpcError {
  readonly code?: number;
  readonly details?: string;
  readonly message?: string;
}

const memberErrors = /COPPICE:([A-Za-z0-9_-]+):/g;

/**
 * The error that a member of ours wrote into a text, if there is one. Of several the first that does not merely follow
 * from another's: who lost a peer often speaks before who broke.
 */
export function memberErrorIn(text: string): CoppiceError | null {
  const errors = [...text.matchAll(memberErrors)].flatMap(([, found]) => {
    try {
      const json = Buffer.from(found as string, 'base64url').toString('utf8');
      return [fromErrorRecord(JSON.parse(json) as ErrorRecord)];
    } catch {
      return [];
    }
  });
  return errors.find(({ context }) => context.secondary !== true) ?? errors[0] ?? null;
}

/** The version of Python that the workers have, when they refused another one. */
export function workerPythonIn(text: string): string | null {
  if (!text.includes('PYTHON_VERSION_MISMATCH')) return null;
  return /worker has different version:?\s*\(?'?(\d+\.\d+)/.exec(text)?.[1] ?? null;
}

/** Any failure of a call as a CoppiceError. @param full all that Spark says of it, where it was asked */
export function sparkError(
  cause: unknown,
  where: { readonly what: string; readonly server: string; readonly secrets: readonly string[] },
  full = '',
): CoppiceError {
  if (cause instanceof CoppiceError) return cause;
  const { code, details, message } = cause as GrpcError;
  const said = `${details ?? message ?? String(cause)}\n${full}`;
  const ofMember = memberErrorIn(said);
  if (ofMember !== null) return ofMember;
  const words = redact(firstLines(said), where.secrets);
  const { what, server } = where;
  if (code === grpcStatus.unauthenticated || code === grpcStatus.permissionDenied) {
    return new CoppiceError(
      'UNAUTHENTICATED',
      `the Spark server ${server} must accept the token of Session.spark; it answered: ${words}; give token, or set SPARK_CONNECT_AUTHENTICATE_TOKEN`,
    );
  }
  if (code === grpcStatus.unavailable || code === grpcStatus.deadlineExceeded) {
    return new CoppiceError(
      'EXECUTOR_LOST',
      `the Spark server ${server} must answer; it did not when asked for ${what}: ${words}; is a Spark Connect server running there that has time, and is tls as it expects?`,
    );
  }
  if (/SESSION_CLOSED|SESSION_CHANGED|SESSION_NOT_FOUND/.test(said)) {
    return new CoppiceError(
      'EXECUTOR_LOST',
      `the session on the Spark server ${server} must be open; Spark has ended it, or was started anew: ${words}; open another one, under another name where it has one`,
    );
  }
  const slots = /SPARK-24819|BARRIER_STAGE_WITH_RUN_PATTERN|requires more slots/.test(said);
  if (slots) {
    return new CoppiceError(
      'EXECUTOR_LOST',
      `the gang of ${what} needs as many free slots as it has members, and the cluster has fewer: ${words}; ask for fewer executors`,
    );
  }
  const found = conditions.find(([, condition]) => condition.test(said));
  return new CoppiceError(found?.[0] ?? 'EXECUTOR_FAILED', `Spark could not do ${what}: ${words}`);
}

/** What Spark calls a fault (its error conditions, or an exception's name), and the code that it has here elsewhere. */
const conditions: readonly (readonly [ErrorCode, RegExp])[] = [
  [
    'FILE_NOT_FOUND',
    /\[(PATH_NOT_FOUND|UNABLE_TO_INFER_SCHEMA|(TABLE_OR_VIEW|SCHEMA|CATALOG)_NOT_FOUND|FAILED_READ_FILE\.FILE_NOT_EXIST)\b/,
  ],
  ['COLUMN_NOT_FOUND', /\[(UNRESOLVED_COLUMN|UNRESOLVED_FIELD|FIELD_NOT_FOUND)\b/],
  [
    'ACCESS_DENIED',
    /\[INSUFFICIENT_PERMISSIONS\b|AccessControlException|AccessDeniedException|\(Permission denied\)/,
  ],
  [
    'FILE_FORMAT',
    // Spark 3.5 says no more than where it was
    /CANNOT_READ_FILE_FOOTER|Could not read footer for file|is not a Parquet file|readParquetFootersInParallel/,
  ],
  [
    'PARAM_INVALID',
    /\[(PARSE_|UNRESOLVED_ROUTINE|DATATYPE_MISMATCH|WRONG_NUM_ARGS|MISSING_AGGREGATION)/,
  ],
];

/** Enough of Spark's words to know what it is about: no stack of the JVM, but the end of a Python traceback. */
function firstLines(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const kept = lines.filter(
    (line) => line !== '' && !/^\s+at [\w.$]+\(|^Driver stacktrace|^JVM stacktrace/.test(line),
  );
  const short = [...new Set(kept)];
  return (short.length <= 24 ? short : [...short.slice(0, 8), '…', ...short.slice(-15)])
    .join('\n')
    .slice(0, 4000);
}
