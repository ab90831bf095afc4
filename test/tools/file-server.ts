/** A small web server with ranges for tests, which can be told to misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll } from 'vitest';

/** One answer. */
export interface Served {
  readonly path: string;
  readonly range: string;
  readonly numBytes: number;
}

/** Takes a request over; true where it did. */
export type Misbehave = (request: IncomingMessage, response: ServerResponse) => boolean;

/** See the header. */
export class FileServer {
  readonly files = new Map<string, Buffer>();
  readonly served: Served[] = [];
  version = '"one"';
  misbehave: Misbehave = () => false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;

  private constructor(tls: { readonly cert: string; readonly key: string } | null) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      response.on('error', () => undefined);
      if (!this.misbehave(request, response)) this.#serve(request, response);
    };
    this.#server = tls === null ? createServer(answer) : createTlsServer(tls, answer);
    this.#scheme = tls === null ? 'http' : 'https';
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens on a free port of 127.0.0.1 until the tests are over. @param tls PEM texts */
  static async start(
    tls: { readonly cert: string; readonly key: string } | null = null,
  ): Promise<FileServer> {
    const server = new FileServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    afterAll(() => server.stop());
    return server;
  }

  /** Without a slash at its end. */
  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends it, and every connection. */
  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = (request.url ?? '').split('?');
    const file = this.files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { range = '' } = request.headers;
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    const start = Number(first);
    const end = Math.min(file.length, Number(last) + 1);
    const headers = { etag: this.version, 'accept-ranges': 'bytes' };
    if (start >= file.length) {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    this.served.push({ path, range, numBytes: end - start });
    response
      .writeHead(206, {
        ...headers,
        'content-range': `bytes ${start}-${end - 1}/${file.length}`,
        'content-length': end - start,
      })
      .end(file.subarray(start, end));
  }
}
