/** Frames come out as they went in, however the stream is cut; what is no frame is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FrameKind,
  FrameReader,
  frameHead,
  headBytes,
  joinPayload,
  wordsOf,
} from '../../src/cluster/tcp/frames.ts';

const frames = fc.array(
  fc.record({
    kind: fc.integer({ min: 1, max: 13 }) as fc.Arbitrary<FrameKind>,
    sequence: fc.nat(0xffffffff),
    payload: fc.uint8Array({ maxLength: 50 }),
  }),
  { maxLength: 6 },
);

/** Cuts bytes into pieces of these lengths, round and round. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number;
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

describe('FrameReader', () => {
  it.each([false, true])(
    'finds the frames of a stream, however it is cut (TLS: %s)',
    (isSealed) => {
      const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(frames, lengths, (sent, pieces) => {
          const stream = Buffer.concat(
            sent.flatMap(({ kind, sequence, payload }) => [
              frameHead(kind, sequence, [payload], isSealed),
              payload,
            ]),
          );
          const reader = new FrameReader(50, isSealed);
          const got: unknown[] = [];
          for (const piece of cut(stream, pieces)) {
            reader.push(piece, (frame) => {
              const { kind, sequence } = frame;
              got.push({ kind, sequence, payload: joinPayload(frame) });
            });
          }
          expect(got).toEqual(sent);
        }),
      );
    },
  );

  it('refuses a frame that is longer than agreed when it has seen the head', () => {
    const reader = new FrameReader(100);
    const head = frameHead(1, 0, [new Uint8Array(101)]);
    const push = () => reader.push(head, () => undefined);
    expect(push).toThrow('a frame must be at most 100 bytes long; got one of 101');
  });

  it('refuses a frame in which a bit was turned, wherever it is', () => {
    const bit = fc.tuple(fc.nat(7), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), bit, (payload, [turned, where]) => {
        const stream = Buffer.concat([frameHead(8, 5, [payload]), payload]);
        const at = Math.floor(where * stream.length);
        stream[at] = (stream[at] as number) ^ (1 << turned);
        let seen = 0;
        const reader = new FrameReader(50);
        // a longer length leaves it waiting for more; everything else is refused
        const push = () =>
          reader.push(stream, () => {
            seen += 1;
          });
        if (at >= 4) expect(push).toThrow(/must be/);
        else
          try {
            push();
          } catch {
            // refused
          }
        expect(seen).toBe(0);
      }),
    );
  });

  it('sums the payload where TLS does not', () => {
    const payload = Uint8Array.of(1, 2, 3);
    const sealed = Buffer.concat([frameHead(8, 5, [payload], true), payload]);
    const open = Buffer.concat([frameHead(8, 5, [payload]), payload]);
    expect(() => new FrameReader(50).push(sealed, () => undefined)).toThrow('changed on the way');
    expect(() => new FrameReader(50, true).push(open, () => undefined)).toThrow(
      'changed on the way',
    );
  });

  it('keeps nothing but what has arrived', () => {
    const reader = new FrameReader(2 ** 31);
    const head = frameHead(8, 1);
    new DataView(head.buffer).setUint32(0, 2 ** 31, true);
    let seen = 0;
    reader.push(head, () => {
      seen += 1;
    });
    reader.push(new Uint8Array(headBytes), () => {
      seen += 1;
    });
    expect(seen).toBe(0);
  });
});

describe('wordsOf', () => {
  it('gives a payload whose words lie at multiples of 8, whatever its pieces', () => {
    const bytes = Uint8Array.from({ length: 48 }, (_, i) => i);
    for (const [start, ...lengths] of [
      [0, 48],
      [8, 40],
      [4, 24],
      [0, 20, 28],
      [3, 5, 16, 24],
    ]) {
      let at = start as number;
      const payload = lengths.map((length) => {
        at += length;
        return bytes.subarray(at - length, at);
      });
      const frame = { kind: 10, sequence: 1, bytes: at - (start as number), payload };
      const words = wordsOf(frame);
      expect(words.byteOffset % 8).toBe(0);
      expect(words).toEqual(bytes.slice(start, at));
    }
  });
});
