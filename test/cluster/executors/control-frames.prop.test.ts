/** What is garbled on the way between driver and executor is found out at once, wherever it is garbled. */
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ControlFrame,
  controlKind,
  FrameStream,
} from '../../../src/cluster/executors/control-frames.ts';

const kinds = Object.keys(controlKind).filter((kind) => kind !== 'ping');
const frames: fc.Arbitrary<ControlFrame> = fc.record({
  kind: fc.constantFrom(...(kinds as ControlFrame['kind'][])),
  isLast: fc.boolean(),
  id: fc.nat(2 ** 32 - 1),
  payload: fc.uint8Array({ maxLength: 40 }),
});

/** The bytes of frames as they are sent. */
function bytesOf(sent: readonly ControlFrame[]): Buffer {
  const chunks: Buffer[] = [];
  const sink = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const stream = new FrameStream(sink);
  for (const frame of sent) stream.send(frame);
  return Buffer.concat(chunks);
}

/** What is heard of bytes that come in pieces of some length. */
function heard(bytes: Buffer, pieceBytes: number) {
  const source = new Duplex({ read: () => undefined, write: (_, __, done) => done() });
  const stream = new FrameStream(source);
  const found: ControlFrame[] = [];
  let lost = '';
  stream.listen({
    onFrame: (frame) => found.push({ ...frame, payload: Uint8Array.from(frame.payload) }),
    onLost: (cause) => {
      lost = cause.message;
    },
  });
  for (let at = 0; at < bytes.length && lost === ''; at += pieceBytes) {
    source.emit('data', bytes.subarray(at, at + pieceBytes));
  }
  return { found, lost };
}

const pieces = fc.constantFrom(1, 7, 2 ** 20);

describe('frames of an executor', () => {
  it('come as they were sent, in whatever pieces', () => {
    fc.assert(
      fc.property(fc.array(frames), pieces, (sent, pieceBytes) => {
        expect(heard(bytesOf(sent), pieceBytes)).toEqual({ found: sent, lost: '' });
      }),
    );
  });

  it('are none from the one on of which a bit came otherwise', () => {
    const many = fc.array(frames, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(many, fc.nat(), fc.nat(7), pieces, (sent, place, bit, pieceBytes) => {
        const bytes = bytesOf(sent);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const { found, lost } = heard(bytes, pieceBytes);
        expect(found).toEqual(sent.slice(0, found.length));
        expect(found.length).toBeLessThan(sent.length);
        expect(lost).toMatch('it must speak in frames of an executor');
      }),
    );
  });
});
