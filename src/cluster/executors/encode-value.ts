/** Writes a plain value as bytes; the layout is in value-layout.ts. */
import { CoppiceError } from '../../base/errors.ts';
import { type AnyArray, align, arrayTypes, mostDepth, tags } from './value-layout.ts';

/** A value as the pieces that are to be sent one behind the other. */
export function encodeValue(value: unknown): Uint8Array[] {
  const writer = new Writer();
  writer.value(value, 0);
  return writer.finish();
}

/** The pieces as one array. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Writes the head; keeps arrays where they are until the end. */
class Writer {
  #head = new Uint8Array(1024);
  #length = 0;
  readonly #arrays: Uint8Array[] = [];
  readonly #seen = new Map<object, number>();
  /** Arrays by their buffer, then by place. */
  readonly #places = new Map<ArrayBufferLike, Map<string, number>>();
  readonly #text = new TextEncoder();
  #nextNumber = 0;

  value(value: unknown, depth: number): void {
    if (depth > mostDepth) throw notPlain('a value nested deeper than', mostDepth);
    if (value === undefined) this.#byte(tags.undefined);
    else if (value === null) this.#byte(tags.null);
    else if (typeof value === 'boolean') this.#byte(value ? tags.true : tags.false);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#tagged(tags.bigint, value.toString(16));
    else if (typeof value === 'string') this.#tagged(tags.string, value);
    else if (typeof value === 'object') this.#object(value, depth);
    else throw notPlain('a', typeof value);
  }

  finish(): Uint8Array[] {
    const lengths = new Uint8Array(8);
    new DataView(lengths.buffer).setFloat64(0, this.#length, true);
    const pieces: Uint8Array[] = [lengths, this.#head.slice(0, this.#length)];
    let at = 8 + this.#length;
    for (const array of this.#arrays) {
      const gap = align(at) - at;
      if (gap > 0) pieces.push(new Uint8Array(gap));
      pieces.push(array);
      at += gap + array.length;
    }
    return pieces;
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#byte(value < 0 ? tags.negative : tags.integer);
      this.#varint(Math.abs(value));
      return;
    }
    this.#byte(tags.double);
    this.#room(8);
    new DataView(this.#head.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #tagged(tag: number, text: string): void {
    this.#byte(tag);
    this.#string(text);
  }

  #object(value: object, depth: number): void {
    const before = this.#seen.get(value);
    if (before !== undefined) {
      this.#again(before);
      return;
    }
    if (ArrayBuffer.isView(value)) {
      this.#typed(value as AnyArray);
      return;
    }
    this.#remember(value);
    if (Array.isArray(value)) {
      this.#byte(tags.array);
      this.#varint(value.length);
      for (let i = 0; i < value.length; i++) this.value(value[i], depth + 1);
    } else if (value instanceof Map) {
      this.#byte(tags.map);
      this.#varint(value.size);
      for (const [key, one] of value) {
        this.value(key, depth + 1);
        this.value(one, depth + 1);
      }
    } else if (value instanceof Set) {
      this.#byte(tags.set);
      this.#varint(value.size);
      for (const one of value) this.value(one, depth + 1);
    } else if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      this.#byte(tags.buffer);
      this.#varint(value.byteLength);
      this.#arrays.push(new Uint8Array(value));
    } else {
      this.#byte(tags.object);
      const entries = Object.entries(value).filter(([, one]) => typeof one !== 'function');
      this.#varint(entries.length);
      for (const [key, one] of entries) {
        this.#string(key);
        this.value(one, depth + 1);
      }
    }
  }

  #typed(value: AnyArray): void {
    const type = arrayTypes.findIndex((Type) => value instanceof Type);
    if (type < 0) throw notPlain('a', Object.prototype.toString.call(value));
    const places = this.#places.get(value.buffer) ?? new Map<string, number>();
    const place = `${type}:${value.byteOffset}:${value.length}`;
    const before = places.get(place);
    if (before !== undefined) {
      this.#seen.set(value, before);
      this.#again(before);
      return;
    }
    places.set(place, this.#nextNumber);
    this.#places.set(value.buffer, places);
    this.#remember(value);
    this.#byte(tags.typed);
    this.#byte(type);
    this.#varint(value.length);
    this.#arrays.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }

  #again(number: number): void {
    this.#byte(tags.again);
    this.#varint(number);
  }

  #remember(value: object): void {
    this.#seen.set(value, this.#nextNumber);
    this.#nextNumber += 1;
  }

  #string(text: string): void {
    const bytes = this.#text.encode(text);
    this.#varint(bytes.length);
    this.#room(bytes.length);
    this.#head.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest > 127) {
      this.#head[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#head[this.#length++] = rest;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#head[this.#length++] = value;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#head.length) return;
    const larger = new Uint8Array(Math.max(this.#head.length * 2, this.#length + bytes));
    larger.set(this.#head);
    this.#head = larger;
  }
}

function notPlain(what: string, which: string | number): CoppiceError {
  const message = `what goes to an executor must be plain data; got ${what} ${which}`;
  return new CoppiceError('UNSUPPORTED', message);
}
