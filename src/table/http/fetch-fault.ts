/** What went wrong with one request to a web server, whether it may pass, and what users are told in the end. */
import { hostname } from 'node:os';
import { nameOfUrl } from '../../base/allowed-urls.ts';
import { CoppiceError, type ErrorCode } from '../../base/errors.ts';

/** What is known of a fault. */
interface FaultFacts {
  /** The status of the answer, where there was one. */
  readonly status?: number | undefined;
  /** The same request may succeed a moment later. */
  readonly mayPass?: boolean | undefined;
  readonly cause?: unknown;
}

/** Faults of a connection that do not pass by themselves. */
const lasting = new Set(['ENOTFOUND', 'ERR_INVALID_URL', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER']);

/** One request that failed. */
export class FetchFault extends Error {
  readonly status: number | undefined;
  readonly mayPass: boolean;

  constructor(why: string, { status, mayPass = false, cause }: FaultFacts = {}) {
    super(why, cause === undefined ? undefined : { cause });
    this.status = status;
    this.mayPass = mayPass;
  }

  /** A fault of a connection. */
  static of(cause: unknown): FetchFault {
    if (cause instanceof FetchFault) return cause;
    const { code = '', message = String(cause) } = cause as { code?: string; message?: string };
    const isTrust = /CERT|VERIFY_LEAF/.test(code);
    const why = isTrust ? `its certificate is not trusted (${code})` : `${code} ${message}`.trim();
    return new FetchFault(why, { mayPass: !isTrust && !lasting.has(code), cause });
  }
}

/** What users are told: which URL, which machine asked, what came, and what to do. */
export function fetchError(url: URL, fault: FetchFault, tries: number): CoppiceError {
  const { status, message: why } = fault;
  const [code, remedy] = meaningOf(fault);
  const name = nameOfUrl(url);
  const often = tries === 1 ? '' : `, ${tries} times`;
  const message = `the server of ${name} must give byte ranges of that file; asked by ${hostname()}${often}, ${why}; ${remedy}`;
  const context = { file: name, host: hostname(), ...(status === undefined ? {} : { status }) };
  return new CoppiceError(code, message, { context, cause: fault });
}

function meaningOf({ status, message, mayPass }: FetchFault): readonly [ErrorCode, string] {
  if (status === 404 || status === 410) return ['FILE_NOT_FOUND', 'check the URL'];
  if (status === 401 || status === 403) {
    return ['UNAUTHENTICATED', 'give a URL that may be read, for instance a signed one'];
  }
  if (status === 200) return ['FILE_FETCH', 'it knows no ranges: use another server, or a copy'];
  if (message.includes('certificate')) {
    return ['FILE_FETCH', 'name its authority to Node by NODE_EXTRA_CA_CERTS'];
  }
  if (mayPass) return ['FILE_FETCH', 'see whether the server is well, and try again'];
  return ['FILE_FETCH', 'check the URL and the server'];
}
