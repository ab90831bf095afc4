/**
 * Where a Spark Connect server is: `sc://host:port/;token=…;use_ssl=true;user_id=…`, as Spark's own clients
 * write it. A token travels encrypted or stays on this machine.
 */
import { CoppiceError } from '../../base/errors.ts';
import { redact } from './redact.ts';

/** Certificates of an encrypted connection, as PEM text or bytes. */
export interface SparkTls {
  /** Whom to trust instead of the system's authorities. */
  readonly ca?: string | Uint8Array | undefined;
  /** This side's own certificate, where the server asks for one. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of {@link SparkTls.cert}. */
  readonly key?: string | Uint8Array | undefined;
}

/** A server and how to speak to it. */
export interface SparkAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  readonly isEncrypted: boolean;
  readonly userId: string;
  /** The session to join; a new one where it is null. */
  readonly sessionId: string | null;
  /** Headers of every call: the pairs whose keys begin with `x-`. */
  readonly headers: Readonly<Record<string, string>>;
}

const defaultPort = 15002;
const knownKeys = ['token', 'use_ssl', 'user_id', 'session_id', 'user_agent'];

/**
 * Reads a connection string.
 *
 * @param given the options that stand beside the string
 * @throws CoppiceError `PARAM_INVALID`
 */
export function parseSparkUrl(
  url: string,
  given: {
    readonly token?: string | undefined;
    readonly tls?: SparkTls | boolean | undefined;
  } = {},
): SparkAddress {
  const match = /^sc:\/\/(\[[0-9a-fA-F:.]+\]|[^:/;[\]]+)(?::(\d+))?(?:\/(.*))?$/s.exec(url);
  const port = Number(match?.[2] ?? defaultPort);
  if (match === null || port < 1 || port > 65535) throw badUrl(url);
  const pairs = new Map<string, string>();
  for (const part of (match[3] ?? '').split(';').filter((text) => text !== '')) {
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(at, 0));
    if (!knownKeys.includes(key) && !key.startsWith('x-')) throw badUrl(url);
    pairs.set(key, decodeText(part.slice(at + 1)));
  }
  const token = given.token ?? pairs.get('token') ?? null;
  const host = (match[1] as string).replace(/^\[|\]$/g, '');
  const asked = pairs.get('use_ssl');
  const headers = Object.fromEntries([...pairs].filter(([key]) => key.startsWith('x-')));
  const hasSecret = token !== null || Object.keys(headers).length > 0;
  const isEncrypted =
    given.tls === undefined
      ? asked === 'true' || (hasSecret && asked === undefined && !isLoopback(host))
      : given.tls !== false;
  if (hasSecret && !isEncrypted && !isLoopback(host)) {
    throw new CoppiceError(
      'PARAM_INVALID',
      `the connection to ${host} must be encrypted when a token or a header is sent; got one without TLS; give tls: true, or use_ssl=true in the url`,
    );
  }
  return {
    host,
    port,
    token,
    isEncrypted,
    userId: pairs.get('user_id') ?? 'coppice',
    sessionId: pairs.get('session_id') ?? null,
    headers,
  };
}

/** What of an address no message may repeat. */
export function secretsOf({ token, headers }: SparkAddress): readonly string[] {
  return [...(token === null ? [] : [token]), ...Object.values(headers)];
}

/** True for addresses that do not leave the machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function badUrl(url: string): CoppiceError {
  const message = `url of Session.spark must be sc://host:port/;key=value;… with the keys ${knownKeys.join(', ')}; got ${JSON.stringify(redact(url))}`;
  return new CoppiceError('PARAM_INVALID', message);
}
