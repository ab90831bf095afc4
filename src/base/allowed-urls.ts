/**
 * Which URLs may this process read for somebody else? A process of one's own reads all that its user names; one that
 * works for a driver on another machine only what lies below the URLs that its operator allowed, also where a server
 * sends it on. The list is in the environment, as that of the folders (allowed-paths.ts).
 *
 * What is compared is what is asked for: URLs are taken apart and put together again by the platform's parser, which
 * resolves `..`, `%2e%2e`, other spellings of a host and default ports. Spellings that servers read in different ways
 * (a slash in disguise) are refused where there is a list.
 */
import { CoppiceError } from './errors.ts';

/** The variable with the allowed URLs, a JSON list; without one, every URL is allowed. */
export const allowedUrlsVariable = 'COPPICE_ALLOWED_URLS';

/** A slash, backslash, dot, percent sign or end of text in disguise: what a server may decode once more. */
const disguised = /%(?:2f|5c|2e|25|00)/i;

/** True for a text that names something by a scheme, as `https://…` does. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

/** A URL for people: without its query, which may hold a signature. */
export function nameOfUrl(url: URL | string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}

/**
 * The URL to ask for.
 *
 * @throws CoppiceError `PARAM_INVALID` for what is no URL or holds a password, `UNSUPPORTED` for other schemes than
 *   http and https, `ACCESS_DENIED` where the operator did not allow it
 */
export function allowedUrl(text: string): URL {
  const url = plainUrl(text, 'a URL to read');
  const list = process.env[allowedUrlsVariable];
  if (list === undefined) return url;
  const prefixes = JSON.parse(list) as string[];
  if (!disguised.test(url.pathname) && prefixes.some((prefix) => isBelow(url, new URL(prefix)))) {
    return url;
  }
  const name = nameOfUrl(url);
  const why =
    prefixes.length === 0 ? 'it allowed none' : 'it is below none of them, or spelt oddly';
  const message = `a URL that an executor reads must lie below one that its operator allowed (--allow-url); got ${name}; ${why}`;
  throw new CoppiceError('ACCESS_DENIED', message, { context: { file: name } });
}

/** A URL below which everything may be read. @throws CoppiceError `PARAM_INVALID`, `UNSUPPORTED` */
export function urlPrefix(text: string, what: string): string {
  const url = plainUrl(text, what);
  if (url.search === '' && !disguised.test(url.pathname)) return url.href;
  const message = `${what} must be a URL without a query or disguised characters in its path; got ${nameOfUrl(url)}`;
  throw new CoppiceError('PARAM_INVALID', message);
}

function plainUrl(text: string, what: string): URL {
  if (!URL.canParse(text)) {
    const message = `${what} must be an absolute URL, like https://host/file.parquet; got one that cannot be read`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    const message = `${what} must begin with https:// or http://; got ${url.protocol}//; give a URL of that kind, or a copy of the file`;
    throw new CoppiceError('UNSUPPORTED', message);
  }
  if (url.username !== '' || url.password !== '') {
    const message = `${what} must hold no name or password, because it stands in logs and plans; got one for ${url.host}`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  url.hash = '';
  return url;
}

/** The same scheme, host and port, and the same path or one below it: `/data` allows `/data/x`, not `/data-2/x`. */
function isBelow(url: URL, prefix: URL): boolean {
  if (url.origin !== prefix.origin) return false;
  const { pathname } = prefix;
  const folder = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return url.pathname === pathname || url.pathname.startsWith(folder);
}
