/** Reads a plain value from bytes that anybody may have sent; the layout is in value-layout.ts. */
import { CoppiceError } from '../../base/errors.ts';
import { type AnyArray, align, arrayTypes, mostDepth, tags } from './value-layout.ts';

/** The value of what {@link encodeValue} gave. @throws CoppiceError `PROTOCOL` */
export function decodeValue(bytes: Uint8Array): unknown {
  return new Reader(bytes).whole();
}

/** Reads what a Writer wrote, from a side that need not be trusted. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #seen: object[] = [];
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #at = 8;
  #arraysAt: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.length < 8 ? -1 : this.#view.getFloat64(0, true);
    if (!Number.isSafeInteger(length) || length < 1 || 8 + length > bytes.length) throw broken();
    this.#end = 8 + length;
    this.#arraysAt = this.#end;
  }

  whole(): unknown {
    let value: unknown;
    try {
      value = this.#value(0);
    } catch (cause) {
      if (cause instanceof CoppiceError) throw cause;
      throw broken(cause);
    }
    if (this.#at !== this.#end || this.#arraysAt !== this.#bytes.length) throw broken();
    return value;
  }

  #value(depth: number): unknown {
    if (depth > mostDepth) throw broken();
    switch (this.#byte()) {
      case tags.undefined:
        return undefined;
      case tags.null:
        return null;
      case tags.false:
        return false;
      case tags.true:
        return true;
      case tags.integer:
        return this.#varint();
      case tags.negative:
        return -this.#varint();
      case tags.double:
        this.#at += 8;
        if (this.#at > this.#end) throw broken();
        return this.#view.getFloat64(this.#at - 8, true);
      case tags.bigint:
        return bigintOf(this.#string());
      case tags.string:
        return this.#string();
      case tags.array:
        return this.#array(depth);
      case tags.object:
        return this.#object(depth);
      case tags.map:
        return this.#map(depth);
      case tags.set:
        return this.#set(depth);
      case tags.typed:
        return this.#typed();
      case tags.buffer:
        return this.#keep(this.#arrayBytes(this.#varint()).buffer);
      case tags.again: {
        const found = this.#seen[this.#varint()];
        if (found === undefined) throw broken();
        return found;
      }
      default:
        throw broken();
    }
  }

  #array(depth: number): unknown[] {
    const count = this.#count(1);
    const array: unknown[] = this.#keep([]);
    for (let i = 0; i < count; i++) array.push(this.#value(depth + 1));
    return array;
  }

  #object(depth: number): object {
    const count = this.#count(2);
    const object = this.#keep({});
    for (let i = 0; i < count; i++) {
      const key = this.#string();
      const value = this.#value(depth + 1);
      // an own property whatever its name is, `__proto__` too
      const options = { value, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(object, key, options);
    }
    return object;
  }

  #map(depth: number): Map<unknown, unknown> {
    const count = this.#count(2);
    const map = this.#keep(new Map<unknown, unknown>());
    for (let i = 0; i < count; i++) {
      const key = this.#value(depth + 1);
      map.set(key, this.#value(depth + 1));
    }
    return map;
  }

  #set(depth: number): Set<unknown> {
    const count = this.#count(1);
    const set = this.#keep(new Set<unknown>());
    for (let i = 0; i < count; i++) set.add(this.#value(depth + 1));
    return set;
  }

  #typed(): AnyArray {
    const Type = arrayTypes[this.#byte()];
    if (Type === undefined) throw broken();
    const bytes = this.#arrayBytes(this.#varint() * Type.BYTES_PER_ELEMENT);
    return this.#keep(Reflect.construct(Type, [bytes.buffer]) as AnyArray);
  }

  #arrayBytes(length: number): Uint8Array<SharedArrayBuffer> {
    const start = align(this.#arraysAt);
    if (!(start + length <= this.#bytes.length)) throw broken();
    const bytes = new Uint8Array(new SharedArrayBuffer(length));
    bytes.set(this.#bytes.subarray(start, start + length));
    this.#arraysAt = start + length;
    return bytes;
  }

  #keep<T extends object>(value: T): T {
    this.#seen.push(value);
    return value;
  }

  /** A number of things that take so many bytes each at least. */
  #count(bytesEach: number): number {
    const count = this.#varint();
    if (count * bytesEach > this.#end - this.#at) throw broken();
    return count;
  }

  #string(): string {
    const length = this.#varint();
    if (length > this.#end - this.#at) throw broken();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return this.#text.decode(bytes);
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.#byte();
      value += (byte & 127) * unit;
      if (byte < 128) return Number.isSafeInteger(value) ? value : Number.NaN;
      unit *= 128;
    }
    throw broken();
  }

  #byte(): number {
    if (this.#at >= this.#end) throw broken();
    return this.#bytes[this.#at++] as number;
  }
}

function bigintOf(text: string): bigint {
  const isNegative = text.startsWith('-');
  const value = BigInt(`0x${isNegative ? text.slice(1) : text}`);
  return isNegative ? -value : value;
}

function broken(cause?: unknown): CoppiceError {
  const message = 'a message must be a value as it is written here; what came is none';
  return new CoppiceError('PROTOCOL', message, { cause });
}
