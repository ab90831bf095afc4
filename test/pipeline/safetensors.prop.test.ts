import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../src/base/errors.ts';
import {
  decodeTensors,
  encodeTensors,
  type TensorData,
  type Tensors,
} from '../../src/pipeline/safetensors.ts';

const arrays: fc.Arbitrary<TensorData> = fc.oneof(
  fc.uint8Array({ maxLength: 9 }),
  fc.int8Array({ maxLength: 9 }),
  fc.uint16Array({ maxLength: 9 }),
  fc.int16Array({ maxLength: 9 }),
  fc.uint32Array({ maxLength: 9 }),
  fc.int32Array({ maxLength: 9 }),
  fc.bigInt64Array({ maxLength: 9 }),
  fc.float32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 9 }),
);
const blocks: fc.Arbitrary<Tensors> = fc.dictionary(
  fc.stringMatching(/^[a-z][a-zA-Z0-9_.]{0,8}$/),
  arrays,
  {
    maxKeys: 6,
  },
);

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

describe('safetensors blocks', () => {
  it('bring every array back', () => {
    fc.assert(
      fc.property(blocks, (tensors) => {
        const decoded = decodeTensors(joined(encodeTensors(tensors)), 'x.safetensors');
        expect(Object.keys(decoded).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, data] of Object.entries(tensors)) {
          expect(decoded[name]?.constructor).toBe(data.constructor);
          expect(Array.from(decoded[name] as never)).toEqual(Array.from(data as never));
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('do not depend on the order in which arrays were named', () => {
    fc.assert(
      fc.property(blocks, (tensors) => {
        const reversed = Object.fromEntries(Object.entries(tensors).reverse());
        expect(joined(encodeTensors(reversed))).toEqual(joined(encodeTensors(tensors)));
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('store every NaN with the same bits', () => {
    const odd = new Float64Array(1);
    new BigUint64Array(odd.buffer)[0] = 0xfff8_0000_dead_beefn;
    const single = new Float32Array(1);
    new Uint32Array(single.buffer)[0] = 0xffc0_1234;
    const usual = { a: new Float64Array([Number.NaN]), b: new Float32Array([Number.NaN]) };
    expect(joined(encodeTensors({ a: odd, b: single }))).toEqual(joined(encodeTensors(usual)));
    expect(new BigUint64Array(odd.buffer)[0]).toBe(0xfff8_0000_dead_beefn);
  });

  it('decode to an error or to something that encodes to the same bytes, whatever byte is changed', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), fc.integer({ min: 1, max: 255 }), (tensors, at, change) => {
        const bytes = joined(encodeTensors(tensors));
        const place = at % bytes.byteLength;
        bytes[place] = Number(bytes[place]) ^ change;
        let decoded: Tensors;
        try {
          decoded = decodeTensors(bytes, 'x.safetensors');
        } catch (error) {
          expect(isCoppiceError(error, 'MODEL_FORMAT')).toBe(true);
          return;
        }
        expect(joined(encodeTensors(decoded)).byteLength).toBe(bytes.byteLength);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('refuse every truncation', () => {
    const bytes = joined(
      encodeTensors({ a: new Float64Array([1, 2]), b: new Uint8Array([1, 2, 3]) }),
    );
    for (let length = 0; length < bytes.byteLength; length++) {
      expect(() => decodeTensors(bytes.slice(0, length), 'x')).toThrow(
        expect.objectContaining({ code: 'MODEL_FORMAT' }),
      );
    }
    expect(() => decodeTensors(joined([bytes, new Uint8Array(1)]), 'x')).toThrow(
      'has bytes after the last array',
    );
  });
});

function withHeader(text: string, data = new Uint8Array(16)): Uint8Array {
  const header = new TextEncoder().encode(text);
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  return joined([size, header, data]);
}

describe('a hostile header', () => {
  it.each([
    ['a length of 2^63', joined([new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128]), new Uint8Array(64)])],
    ['text that is not JSON', withHeader('{"a":')],
    ['a list', withHeader('[]      ')],
    [
      'overlapping arrays',
      withHeader(
        '{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}  ',
      ),
    ],
    ['a gap', withHeader('{"a":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}}  ')],
    [
      'a name twice',
      withHeader(
        '{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]},"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}    ',
      ),
    ],
    [
      'a shape product beyond 2^53',
      withHeader('{"a":{"dtype":"F64","shape":[9007199254740991],"data_offsets":[0,16]}}  '),
    ],
    [
      'ten gigabytes in a few bytes',
      withHeader('{"a":{"dtype":"U8","shape":[10000000000],"data_offsets":[0,10000000000]}}'),
    ],
    ['an unknown type', withHeader('{"a":{"dtype":"BF16","shape":[8],"data_offsets":[0,16]}}')],
    [
      '__proto__ as a name',
      withHeader('{"__proto__":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}'),
    ],
    ['two dimensions', withHeader('{"a":{"dtype":"U8","shape":[4,4],"data_offsets":[0,16]}}')],
  ])('with %s is refused', (_, bytes) => {
    expect(() => decodeTensors(bytes, 'x.safetensors')).toThrow(
      expect.objectContaining({ code: 'MODEL_FORMAT' }),
    );
  });
});
