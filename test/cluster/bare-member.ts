/** A member of a gang that is nothing but a socket: it introduces itself, and then says what a test has it say. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Frame,
  type FrameKind,
  FrameReader,
  frameHead,
  frameKind,
} from '../../src/cluster/tcp/frames.ts';
import {
  type Hello,
  newHello,
  sealed,
  transcriptOf,
  unsealed,
} from '../../src/cluster/tcp/hello.ts';
import type { NetworkPlace } from '../../src/cluster/tcp/network-place.ts';
import { loopback } from '../../src/cluster/tcp/open-mesh.ts';

/** See the header. */
export class BareMember {
  readonly socket: Socket;
  readonly heard: Frame[] = [];

  constructor(port: number) {
    this.socket = connect(port, loopback);
    const reader = new FrameReader(2 ** 20);
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => reader.push(chunk, (frame) => this.heard.push(frame)));
  }

  /** Says a frame. */
  say(kind: FrameKind, sequence: number, payload: Uint8Array = new Uint8Array(0)): void {
    this.socket.write(frameHead(kind, sequence, [payload]));
    this.socket.write(payload);
  }

  /** The next frame of a kind, taken out of what was heard. */
  async hear(kind: FrameKind): Promise<Frame> {
    for (let waited = 0; waited < 3000; waited++) {
      const at = this.heard.findIndex((frame) => frame.kind === kind);
      if (at >= 0) return this.heard.splice(at, 1)[0] as Frame;
      await sleep(1);
    }
    throw new Error(`no frame of kind ${kind} was heard`);
  }

  /** Joins as the process that `place` says, by this key and as this hello would have it. */
  async join(place: NetworkPlace, key: string, change: Partial<Hello> = {}): Promise<void> {
    const own = { ...newHello(place, 0), ...change };
    this.say(frameKind.hello, 0, sealed(key, 'hello', own, ''));
    const welcome = await this.hear(frameKind.welcome);
    const other = unsealed(key, 'welcome', welcome, transcriptOf(own, null, '')) as Hello;
    this.say(frameKind.proof, 0, sealed(key, 'proof', {}, transcriptOf(own, other, '')));
    // whether a lane is taken is said on the connection that it is a lane of
    if (!own.isLane) await this.hear(frameKind.ready);
  }
}
