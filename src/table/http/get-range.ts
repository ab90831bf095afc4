/**
 * How are some bytes of a file fetched from a web server? By one GET with a range, in bounded time: a server that is
 * silent, slow or broken is asked a few times more and then given up; one that sends elsewhere is followed only where
 * this process may read.
 *
 * A request ends after 10 s of silence, or when it takes longer than 30 s and a second for every 100 kB.
 */
import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { allowedUrl, nameOfUrl } from '../../base/allowed-urls.ts';
import { CoppiceError } from '../../base/errors.ts';
import { libraryVersion } from '../../base/library-version.ts';
import { FetchFault, fetchError } from './fetch-fault.ts';

/** How long and how often a server is asked. */
export interface FetchTiming {
  /** Longest silence of a connection. */
  readonly silenceMs: number;
  /** What a request may take besides the time for its bytes. */
  readonly requestMs: number;
  /** How slow a server may be. */
  readonly bytesPerMs: number;
  /** How many times it is asked again. */
  readonly retries: number;
  /** Before the first of them; twice as long before each further one. */
  readonly pauseMs: number;
}

/** What a server gave. */
export interface FetchedRange {
  readonly bytes: Uint8Array;
  /** Bytes of the whole file. */
  readonly size: number;
  /** What tells this state of the file from others (ETag, else Last-Modified); null where the server says neither. */
  readonly version: string | null;
}

/** What is asked for: bytes [start, end); a file that ends before gives fewer. */
export interface WantedRange {
  readonly start: number;
  readonly end: number;
}

export const defaultTiming: FetchTiming = {
  silenceMs: 10_000,
  requestMs: 30_000,
  bytesPerMs: 100,
  retries: 3,
  pauseMs: 200,
};

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
let plainAgent: PlainAgent | null = null;
let tlsAgent: TlsAgent | null = null;

/**
 * Fetches a range.
 *
 * @throws CoppiceError `FILE_FETCH`, `FILE_NOT_FOUND`, `UNAUTHENTICATED`, `ACCESS_DENIED`
 */
export async function getRange(
  url: URL,
  range: WantedRange,
  timing: FetchTiming = defaultTiming,
): Promise<FetchedRange> {
  for (let tries = 1; ; tries++) {
    try {
      return await getOnce(url, range, timing);
    } catch (fault) {
      if (!(fault instanceof FetchFault)) throw fault;
      if (!fault.mayPass || tries > timing.retries) throw fetchError(url, fault, tries);
      await sleep(timing.pauseMs * 2 ** (tries - 1));
    }
  }
}

async function getOnce(from: URL, range: WantedRange, timing: FetchTiming): Promise<FetchedRange> {
  const totalMs = timing.requestMs + (range.end - range.start) / timing.bytesPerMs;
  const until = performance.now() + totalMs;
  let url = from;
  for (let hops = 0; ; hops++) {
    const leftMs = Math.max(1, until - performance.now());
    const { response, end } = await ask(url, range, { ...timing, requestMs: leftMs });
    try {
      if (!redirects.has(response.statusCode ?? 0)) return await bodyOf(response, range);
    } finally {
      end();
    }
    response.destroy();
    if (hops === maxRedirects) {
      throw new FetchFault(`it sent on more than ${maxRedirects} times`, {
        status: response.statusCode,
      });
    }
    url = nextUrl(url, response);
  }
}

/** Where a server sends to. @throws CoppiceError `ACCESS_DENIED` where this process may not read that */
function nextUrl(url: URL, { headers, statusCode: status }: IncomingMessage): URL {
  const { location } = headers;
  if (location === undefined || !URL.canParse(location, url.href)) {
    throw new FetchFault('it sent on to nowhere', { status });
  }
  const next = followed(url, new URL(location, url).href);
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw new FetchFault(`it sent on to ${next.host} without TLS`, { status });
  }
  return next;
}

function followed(url: URL, target: string): URL {
  try {
    return allowedUrl(target);
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    const name = nameOfUrl(url);
    const message = `the server of ${name} sends on to another place: ${error.message}`;
    throw new CoppiceError(error.code, message, { context: { file: name }, cause: error });
  }
}

interface Answer {
  readonly response: IncomingMessage;
  /** Stops the clock. */
  end(): void;
}

/** Made when something is fetched: most threads never do. */
function agentOf(isTls: boolean): PlainAgent {
  if (isTls) {
    tlsAgent ??= new TlsAgent({ keepAlive: true });
    return tlsAgent;
  }
  plainAgent ??= new PlainAgent({ keepAlive: true });
  return plainAgent;
}

/** Sends one request; resolves with the head of the answer. */
function ask(url: URL, { start, end }: WantedRange, timing: FetchTiming): Promise<Answer> {
  const isTls = url.protocol === 'https:';
  const request = (isTls ? tlsRequest : plainRequest)(url, {
    agent: agentOf(isTls),
    headers: {
      range: `bytes=${start}-${end - 1}`,
      'accept-encoding': 'identity',
      'user-agent': `coppice/${libraryVersion}`,
    },
  });
  let stream: Readable | ClientRequest = request;
  const giveUp = (why: string) => (): void =>
    void stream.destroy(new FetchFault(why, { mayPass: true }));
  const totalMs = Math.round(timing.requestMs);
  const timer = setTimeout(giveUp(`it took longer than ${totalMs} ms`), totalMs);
  request.setTimeout(timing.silenceMs, giveUp(`it was silent for ${timing.silenceMs} ms`));
  return new Promise((resolve, reject) => {
    request.on('error', (cause) => {
      clearTimeout(timer);
      reject(FetchFault.of(cause));
    });
    request.on('response', (response) => {
      stream = response;
      response.on('error', () => undefined);
      resolve({ response, end: () => clearTimeout(timer) });
    });
    request.end();
  });
}

/** The bytes of an answer, checked against what it says of itself. */
async function bodyOf(
  response: IncomingMessage,
  { start, end }: WantedRange,
): Promise<FetchedRange> {
  const { statusCode: status = 0, headers } = response;
  const refuse = (why: string, mayPass = false): FetchFault => {
    response.destroy();
    return new FetchFault(why, { status, mayPass });
  };
  const said = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(headers['content-range'] ?? '');
  const version = headers.etag ?? headers['last-modified'] ?? null;
  const size = Number(said?.[3]);
  if (status === 416 && said !== null && size <= start) {
    response.destroy();
    return { bytes: new Uint8Array(0), size, version };
  }
  if (status !== 206) throw refuse(`it answered with status ${status}`, isPassing(status));
  const last = Math.min(end, size);
  if (said === null || Number(said[1]) !== start || Number(said[2]) !== last - 1) {
    throw refuse(
      `it gave the range "${headers['content-range']}" for bytes ${start} to ${end - 1}`,
    );
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw refuse(`it packed the bytes with ${encoding}`);
  const bytes = new Uint8Array(last - start);
  let done = 0;
  try {
    for await (const piece of response as AsyncIterable<Uint8Array>) {
      if (done + piece.length > bytes.length) throw refuse('it gave more bytes than it said');
      bytes.set(piece, done);
      done += piece.length;
    }
  } catch (cause) {
    const fault = FetchFault.of(cause);
    const isCut = !(cause instanceof FetchFault);
    throw isCut ? shortBody(done, bytes.length, fault) : fault;
  }
  if (done < bytes.length) throw shortBody(done, bytes.length);
  return { bytes, size, version };
}

function shortBody(done: number, wanted: number, cause?: Error): FetchFault {
  const why = `its answer ended after ${done} of ${wanted} bytes`;
  return new FetchFault(why, { mayPass: true, cause });
}

/** Answers of servers that may do better a moment later. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}
