/** A web server that fails, dawdles, lies or sends elsewhere is given up in time, with words that say what to do. */
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowedUrlsVariable } from '../../../src/base/allowed-urls.ts';
import { readBytes } from '../../../src/table/files/file-bytes.ts';
import { RemoteFile } from '../../../src/table/http/remote-file.ts';
import { errorOf } from '../../cluster/run-program.ts';
import { FileServer, type Misbehave } from '../../tools/file-server.ts';

const timing = { silenceMs: 100, requestMs: 200, bytesPerMs: 1000, retries: 2, pauseMs: 5 };
const server = await FileServer.start();
const other = await FileServer.start();
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
for (const { files } of [server, other])
  files.set('/in/data', content).set('/empty', Buffer.alloc(0));
const url = `${server.origin}/in/data`;

beforeEach(() => {
  server.served.length = 0;
  server.version = '"one"';
});
afterEach(() => {
  server.misbehave = () => false;
  delete process.env[allowedUrlsVariable];
});

const open = (from = url): Promise<RemoteFile> => RemoteFile.open(from, undefined, timing);

/** Misbehaves the first few times. */
function atFirst(count: number, misbehave: (response: ServerResponse) => void): Misbehave {
  let left = count;
  return (_, response) => {
    left -= 1;
    if (left >= 0) misbehave(response);
    return left >= 0;
  };
}

const head = { 'content-range': 'bytes 0-65535/300000', etag: '"one"' };

describe('a file on a web server', () => {
  it('is read by ranges, its ends once', async () => {
    const file = await open();
    expect(file.identity).toMatchObject({ size: 300_000, version: '"one"' });
    for (const [position, length] of [
      [0, 8],
      [100, 5000],
      [299_992, 8],
      [250_000, 100],
      [100_000, 90_000],
    ] as const) {
      const bytes = await readBytes(file, position, length);
      expect(Buffer.from(bytes).equals(content.subarray(position, position + length))).toBe(true);
    }
    const total = server.served.reduce((sum, { numBytes }) => sum + numBytes, 0);
    expect([server.served.length, total]).toEqual([3, 2 * 65_536 + 90_000]);
    expect(await errorOf(readBytes(file, 299_999, 2))).toMatchObject({ code: 'FILE_FORMAT' });
    expect((await open(`${server.origin}/empty`)).identity.size).toBe(0);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['answers 503', (response) => response.writeHead(503).end()],
    ['answers 429', (response) => response.writeHead(429).end()],
    ['hangs up', (response) => response.destroy()],
    ['says nothing', () => undefined],
    ['stops in the middle', (response) => response.writeHead(206, head).write('abc')],
    ['ends too early', (response) => response.writeHead(206, head).end('abc')],
    [
      'hangs up in the middle',
      (response) => {
        response.writeHead(206, { ...head, 'content-length': 65_536 });
        response.write('abc', () => response.destroy());
      },
    ],
    [
      'drips',
      (response) => {
        response.writeHead(206, head);
        const timer = setInterval(() => response.write('a'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('is asked again when its server %s, and given up in the end', async (_, misbehave) => {
    server.misbehave = atFirst(1, misbehave);
    expect((await open()).identity.size).toBe(300_000);
    server.misbehave = atFirst(9, misbehave);
    const began = performance.now();
    const error = await errorOf(open());
    expect(performance.now() - began).toBeLessThan(5000);
    expect(error).toMatchObject({ code: 'FILE_FETCH', context: { file: url } });
    expect(error?.message).toMatch(/asked by \S+, 3 times, .*; see whether the server is well/);
  });

  it.each<[number, string, RegExp]>([
    [404, 'FILE_NOT_FOUND', /check the URL/],
    [403, 'UNAUTHENTICATED', /may be read/],
    [200, 'FILE_FETCH', /it knows no ranges/],
    [400, 'FILE_FETCH', /status 400/],
  ])('is asked once when its server answers %i', async (status, code, words) => {
    let count = 0;
    server.misbehave = (_, response) => {
      count += 1;
      response.writeHead(status).end('not what was asked for');
      return true;
    };
    const error = await errorOf(open(`${url}?signature=secret`));
    expect(error).toMatchObject({ code, context: { file: `${url}?…`, status } });
    expect(error?.message).toMatch(words);
    expect(`${error?.message} ${JSON.stringify(error)}`).not.toMatch('secret');
    expect(count).toBe(1);
  });

  it.each<[string, Record<string, string>, string]>([
    ['another range', { 'content-range': 'bytes 1-65536/300000' }, 'it gave the range'],
    ['no range', {}, 'it gave the range'],
    ['packed bytes', { ...head, 'content-encoding': 'gzip' }, 'it packed the bytes'],
    ['more bytes', { ...head }, 'it gave more bytes'],
  ])('is refused when its server gives %s', async (_, headers, words) => {
    server.misbehave = (_request, response) => {
      response.writeHead(206, headers).end(Buffer.alloc(70_000));
      return true;
    };
    const error = await errorOf(open());
    expect(error).toMatchObject({ code: 'FILE_FETCH' });
    expect(error?.message).toMatch(words);
  });

  it('must stay as it is while it is read', async () => {
    const file = await open();
    server.version = '"two"';
    const error = await errorOf(readBytes(file, 100_000, 10));
    expect(error).toMatchObject({ code: 'DATA_INVALID', context: { file: url } });
    expect(error?.message).toMatch(/it has changed: it had 300000 bytes, "one", and then .* "two"/);
    server.version = '"one"';
    server.files.set('/in/data', content.subarray(0, 90_000));
    for (const place of [80_000, 100_000]) {
      const shorter = await errorOf(readBytes(file, place, 20_000));
      expect(shorter).toMatchObject({ code: 'DATA_INVALID' });
    }
    server.files.set('/in/data', content);
  });

  it('is followed where its server sends on, but only where this process may read', async () => {
    const sendsTo = (location: string): void => {
      server.misbehave = (request, response) => {
        const isOld = request.url === '/in/old';
        if (isOld) response.writeHead(302, { location }).end();
        return isOld;
      };
    };
    const old = `${server.origin}/in/old`;
    sendsTo('data');
    expect((await open(old)).identity.size).toBe(300_000);
    sendsTo(`${other.origin}/in/data`);
    expect((await open(old)).identity.size).toBe(300_000);
    process.env[allowedUrlsVariable] = JSON.stringify([`${server.origin}/in/`]);
    const before = other.served.length;
    for (const location of [
      `${other.origin}/in/data`,
      '/empty',
      '../empty',
      'file:///etc/passwd',
      `//${new URL(other.origin).host}/in/data`,
    ]) {
      sendsTo(location);
      const error = await errorOf(open(old));
      const code = location.startsWith('file') ? 'UNSUPPORTED' : 'ACCESS_DENIED';
      expect(error).toMatchObject({ code });
      expect(error?.message).toMatch(/sends on to another place/);
    }
    expect(other.served.length).toBe(before);
    sendsTo('old');
    expect((await errorOf(open(old)))?.message).toMatch('sent on more than 5 times');
  });

  it('needs a server that is there', async () => {
    const gone = await FileServer.start();
    const { origin } = gone;
    gone.stop();
    const error = await errorOf(open(`${origin}/x`));
    expect(error).toMatchObject({ code: 'FILE_FETCH' });
    expect(error?.message).toMatch(/3 times, ECONNREFUSED/);
  });
});
