/** A link between the processes of a gang that strikes when a frame of some kind passes. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type FrameName, FrameReader, frameKind } from '../../src/cluster/tcp/frames.ts';
import type { MemberAddress } from '../../src/cluster/tcp/protection.ts';

/** See the header. */
export class StrikingProxy {
  readonly #servers: Server[] = [];
  readonly #sockets: Socket[] = [];
  readonly #kind: FrameName;
  readonly #onFrame: (cut: () => void) => void;
  #isDone = false;

  /** @param onFrame called when the first such frame is about to pass */
  constructor(kind: FrameName, onFrame: (cut: () => void) => void) {
    this.#kind = kind;
    this.#onFrame = onFrame;
  }

  route = async (_from: number, _to: number, address: MemberAddress): Promise<MemberAddress> => {
    const server = createServer((near) => {
      const far = connect(address.port, address.host);
      this.#sockets.push(near, far);
      this.#pipe(near, far);
      this.#pipe(far, near);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
  };

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pipe(from: Socket, to: Socket): void {
    const reader = new FrameReader(2 ** 31);
    from.setNoDelay(true);
    from.on('error', () => to.destroy()).on('close', () => to.destroySoon());
    from.on('data', (chunk) => {
      reader.push(chunk, (frame) => {
        if (this.#isDone || frame.kind !== frameKind[this.#kind]) return;
        this.#isDone = true;
        this.#onFrame(() => {
          from.destroy();
          to.destroy();
        });
      });
      if (!to.destroyed) to.write(chunk);
    });
  }
}
