/** A relay between a driver and an executor that sees every frame, so that tests can strike at any message. */
import { execFileSync } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  type ControlFrame,
  defaultHeartbeat,
  FrameStream,
} from '../../../src/cluster/executors/control-frames.ts';

/** Who sent a frame. */
export type Side = 'driver' | 'executor';

/** Is told of every frame before it is passed on; what it does to the relay happens first. */
export type OnFrame = (frame: ControlFrame, from: Side, relay: Relay) => void;

/** See the header. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #stalled = new WeakSet<FrameStream>();
  readonly #streams = new Set<FrameStream>();
  readonly #silenceMs: number;
  onFrame: OnFrame = () => undefined;
  /** How long a frame is under way. */
  delayMs = 0;

  private constructor(port: number, silenceMs: number) {
    this.#silenceMs = silenceMs;
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      const driver = new FrameStream(near);
      const executor = new FrameStream(far);
      this.#pass(driver, executor, 'driver');
      this.#pass(executor, driver, 'executor');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
      }
    });
  }

  /** A relay to an executor. */
  /** @param silenceMs signs of life are its own, so it is the relay that gives up a side which is silent */
  static async to(address: string, silenceMs = defaultHeartbeat.silenceMs): Promise<Relay> {
    const relay = new Relay(Number(address.split(':')[1]), silenceMs);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  /** Where the driver calls. */
  get address(): string {
    const found = this.#server.address();
    return `127.0.0.1:${typeof found === 'object' && found !== null ? found.port : 0}`;
  }

  /** Cuts the connections; new ones may come. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Passes nothing on any more, signs of life neither, on the connections that there are. */
  stall(): void {
    for (const stream of this.#streams) {
      this.#stalled.add(stream);
      stream.rest();
      stream.keepAlive({ heartbeatMs: 2 ** 30, silenceMs: 2 ** 30 });
    }
  }

  /** Ends it. */
  close(): void {
    this.cut();
    this.#server.close();
  }

  #pass(from: FrameStream, to: FrameStream, side: Side): void {
    this.#streams.add(from);
    from.keepAlive({ heartbeatMs: 100, silenceMs: this.#silenceMs });
    from.listen({
      onFrame: (frame) => {
        this.onFrame(frame, side, this);
        if (this.#stalled.has(from)) return;
        if (this.delayMs === 0) to.send(frame);
        else setTimeout(() => to.send(frame), this.delayMs);
      },
      onLost: () => {
        this.#streams.delete(from);
        to.stream.destroy();
      },
    });
  }
}

/** The ids of a process's children. */
export function childrenOf(id: number | undefined): number[] {
  const list = 'ps';
  const text = execFileSync(list, ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([own = 0, parent]) => (parent === id ? [own] : []));
}
