/**
 * Universal Binary JSON as XGBoost writes it (draft 12, big-endian): objects, lists, lists of one type, numbers, texts.
 * Never reads behind the bytes, allocates no more than they hold and goes no deeper than `mostDepth`.
 */

/** How deep values may be nested. */
const mostDepth = 64;

/** A value; lists of numbers are arrays of plain numbers. */
export type Ubjson =
  | null
  | boolean
  | number
  | string
  | readonly Ubjson[]
  | { readonly [name: string]: Ubjson };

/** What is wrong with the bytes; the caller says of which file. */
export class UbjsonError extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes of each fixed-width number, by its marker. */
const widths: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

/** The value in bytes. @throws UbjsonError */
export function readUbjson(bytes: Uint8Array): Ubjson {
  const reader = new Reader(bytes);
  const value = reader.value(reader.marker(), 0);
  reader.end();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  marker(): string {
    // N is filler
    for (;;) {
      const marker = String.fromCharCode(this.#bytes[this.#take(1)] as number);
      if (marker !== 'N') return marker;
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#wrong('there is more behind the value');
  }

  value(marker: string, depth: number): Ubjson {
    if (depth > mostDepth) throw this.#wrong('values are nested too deep');
    switch (marker) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#list(depth);
      case 'S':
      case 'H':
        return this.#text();
      case 'C':
        return String.fromCharCode(this.#bytes[this.#take(1)] as number);
      case 'T':
        return true;
      case 'F':
        return false;
      case 'Z':
        return null;
      default:
        return this.#number(marker);
    }
  }

  #number(marker: string): number {
    const width = Object.hasOwn(widths, marker) ? widths[marker] : undefined;
    if (width === undefined) throw this.#wrong(`there is no type ${JSON.stringify(marker)}`);
    const at = this.#take(width);
    const view = this.#view;
    if (marker === 'i') return view.getInt8(at);
    if (marker === 'U') return view.getUint8(at);
    if (marker === 'I') return view.getInt16(at);
    if (marker === 'l') return view.getInt32(at);
    if (marker === 'L') return Number(view.getBigInt64(at));
    return marker === 'd' ? view.getFloat32(at) : view.getFloat64(at);
  }

  #count(): number {
    const count = this.#number(this.marker());
    if (Number.isSafeInteger(count) && count >= 0) return count;
    throw this.#wrong(`a length is ${count}`);
  }

  #text(): string {
    const length = this.#count();
    const at = this.#take(length);
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw this.#wrong('a text is not UTF-8');
    }
  }

  /** `$type#count` or `#count` before the values, or nothing. */
  #head(): { readonly type: string | null; readonly count: number | null } {
    let type: string | null = null;
    if (this.#peek() === '$') {
      this.#take(1);
      type = this.marker();
      if (this.#peek() !== '#') throw this.#wrong('a list of one type has no length');
    }
    if (this.#peek() !== '#') return { type, count: null };
    this.#take(1);
    const count = this.#count();
    // values that take no bytes could be as many as a file likes
    if (type !== null && !(type in widths) && !'SHC[{'.includes(type))
      throw this.#wrong(`there is no list of type ${JSON.stringify(type)}`);
    const least = type === null ? 1 : (widths[type] ?? 1);
    if (count * least > this.#bytes.length - this.#at)
      throw this.#wrong(`${count} values are said to follow`);
    return { type, count };
  }

  #list(depth: number): Ubjson[] {
    const { type, count } = this.#head();
    const values: Ubjson[] = [];
    if (count === null) {
      for (let marker = this.marker(); marker !== ']'; marker = this.marker())
        values.push(this.value(marker, depth + 1));
      return values;
    }
    for (let i = 0; i < count; i++) values.push(this.value(type ?? this.marker(), depth + 1));
    return values;
  }

  #object(depth: number): { readonly [name: string]: Ubjson } {
    const { type, count } = this.#head();
    const object: Record<string, Ubjson> = Object.create(null);
    for (let i = 0; count === null || i < count; i++) {
      if (count === null && this.#peek() === '}') {
        this.#take(1);
        break;
      }
      const name = this.#text();
      object[name] = this.value(type ?? this.marker(), depth + 1);
    }
    return { ...object };
  }

  #peek(): string {
    if (this.#at >= this.#bytes.length) throw this.#wrong('the file ends');
    return String.fromCharCode(this.#bytes[this.#at] as number);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw this.#wrong('the file ends');
    this.#at += length;
    return at;
  }

  #wrong(what: string): UbjsonError {
    return new UbjsonError(`${what} at byte ${this.#at}`);
  }
}
