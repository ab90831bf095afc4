/**
 * Writes messages of Protocol Buffers (https://protobuf.dev/programming-guides/encoding): a field is its number and wire
 * type, then a varint, four bytes, or a length and bytes. Only what a model in ONNX needs.
 */

const varint = 0;
const delimited = 2;
const fixed32 = 5;

const utf8 = new TextEncoder();

/** One message. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** A whole number from 0 to 2^53 − 1. */
  integer(field: number, value: number): this {
    return this.#tag(field, varint).#push(varints([value]));
  }

  /** A float32. */
  float(field: number, value: number): this {
    return this.#tag(field, fixed32).#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** Whole numbers from 0 on, packed. */
  integers(field: number, values: ArrayLike<number>): this {
    return values.length === 0 ? this : this.bytes(field, varints(values));
  }

  /** A text as UTF-8. */
  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  /** Bytes, which must not change afterwards. */
  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, delimited)
      .#push(varints([value.length]))
      .#push(value);
  }

  /** A message in a field of this one. */
  message(field: number, inner: ProtobufWriter): this {
    this.#tag(field, delimited).#push(varints([inner.#size]));
    for (const chunk of inner.#chunks) this.#push(chunk);
    return this;
  }

  /** All of it as one array. */
  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  #tag(field: number, wireType: number): this {
    return this.#push(varints([field * 8 + wireType]));
  }

  #push(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    return this;
  }
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varints(values: ArrayLike<number>): Uint8Array {
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    for (let rest = values[i] as number; ; rest = Math.floor(rest / 128)) {
      size += 1;
      if (rest < 128) break;
    }
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    let rest = values[i] as number;
    for (; rest >= 128; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) + 128;
    out[at++] = rest;
  }
  return out;
}
