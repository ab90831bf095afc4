/**
 * Thrift's compact protocol, as far as a Parquet footer needs it: structs are read into maps by field
 * id, with nothing known about their meaning, and written back. Input is untrusted: every read is
 * checked against the end, and nesting and lists are bounded by the bytes there are.
 *
 * Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
import { CoppiceError } from '../../base/errors.ts';

/** Type codes of struct fields; a list has 1 for booleans. */
export const thriftTypes = {
  true: 1,
  false: 2,
  i32: 5,
  i64: 6,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

/** A list: the type of its elements and the elements. */
export interface ThriftList {
  readonly elementType: number;
  readonly items: ThriftValue[];
}

/** A struct: the fields by id. */
export type ThriftStruct = Map<number, ThriftField>;

/** A value; bytes stay views of the input. */
export type ThriftValue = number | boolean | Uint8Array | ThriftList | ThriftStruct;

/** A value and its type code. */
export interface ThriftField {
  readonly type: number;
  readonly value: ThriftValue;
}

/** A field of a struct that was not decoded: where its bytes lie. */
export interface RawField {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

const maxDepth = 32;

/** Reads values one after another. @throws CoppiceError `FILE_FORMAT` */
export class ThriftReader {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #depth = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
  }

  /** A struct with all its values. */
  struct(): ThriftStruct {
    const fields: ThriftStruct = new Map();
    this.#eachField((id, type) => fields.set(id, { type, value: this.#value(type) }));
    return fields;
  }

  /** The places of a struct's fields; their values are skipped. */
  rawStruct(): Map<number, RawField> {
    const fields = new Map<number, RawField>();
    this.#eachField((id, type) => {
      const start = this.position;
      this.#skip(type);
      fields.set(id, { type, start, end: this.position });
    });
    return fields;
  }

  /** The head of a list: the type of its elements and how many there are. */
  listHead(): { elementType: number; count: number } {
    const head = this.#byte();
    const short = head >> 4;
    const count = short === 15 ? this.#varint() : short;
    if (count > this.#bytes.length - this.position)
      throw broken('a list is longer than the footer');
    return { elementType: head & 15, count };
  }

  /** A list with all its items. */
  list(): ThriftList {
    const { elementType, count } = this.listHead();
    const items: ThriftValue[] = [];
    for (let i = 0; i < count; i++) {
      // In a list a boolean is a byte of its own.
      items.push(elementType <= 2 ? this.#byte() === 1 : this.#value(elementType));
    }
    return { elementType, items };
  }

  #eachField(visit: (id: number, type: number) => void): void {
    this.#depth++;
    if (this.#depth > maxDepth) throw broken('its values are nested too deeply');
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) break;
      const delta = head >> 4;
      id = delta === 0 ? this.#zigzag() : id + delta;
      visit(id, head & 15);
    }
    this.#depth--;
  }

  #value(type: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return this.#byte();
      case 4:
      case 5:
      case 6:
        return this.#zigzag();
      case 7: {
        this.#need(8);
        this.position += 8;
        return this.#view.getFloat64(this.position - 8, true);
      }
      case 8: {
        const length = this.#varint();
        this.#need(length);
        this.position += length;
        return this.#bytes.subarray(this.position - length, this.position);
      }
      case 9:
      case 10:
        return this.list();
      case 12:
        return this.struct();
      default:
        throw broken(`it has a value of the unknown type ${type}`);
    }
  }

  /** Passes over a value, with the checks of {@link #value}. */
  #skip(type: number): void {
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        this.#byte();
        return;
      case 4:
      case 5:
      case 6:
        this.#varint();
        return;
      case 7:
        this.#need(8);
        this.position += 8;
        return;
      case 8: {
        const length = this.#varint();
        this.#need(length);
        this.position += length;
        return;
      }
      case 9:
      case 10: {
        const { elementType, count } = this.listHead();
        for (let i = 0; i < count; i++) {
          if (elementType <= 2) this.#byte();
          else this.#skip(elementType);
        }
        return;
      }
      case 12:
        this.#eachField((_, fieldType) => this.#skip(fieldType));
        return;
      default:
        throw broken(`it has a value of the unknown type ${type}`);
    }
  }

  #need(length: number): void {
    if (length > this.#bytes.length - this.position) throw broken('it ends too early');
  }

  #byte(): number {
    this.#need(1);
    return this.#bytes[this.position++] as number;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    // Longer numbers are beyond any file: nine bytes and more hold at least 2^56.
    throw broken('a number in it is too large');
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** Writes values one after another. */
export class ThriftWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** What was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** A struct: its fields by ascending id, an `encode` for each that is ready made. */
  struct(fields: ReadonlyMap<number, ThriftField | EncodedField>): void {
    let last = 0;
    for (const [id, field] of [...fields].sort(([a], [b]) => a - b)) {
      const type = fieldType(field);
      const delta = id - last;
      if (delta > 0 && delta <= 15) this.#byte((delta << 4) | type);
      else {
        this.#byte(type);
        this.#zigzag(id);
      }
      last = id;
      if ('encoded' in field) this.raw(field.encoded);
      else this.#value(type, field.value);
    }
    this.#byte(0);
  }

  /** The head of a list. */
  listHead(elementType: number, count: number): void {
    if (count < 15) this.#byte((count << 4) | elementType);
    else {
      this.#byte(0xf0 | elementType);
      this.#varint(count);
    }
  }

  /** Bytes that are encoded already. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #value(type: number, value: ThriftValue): void {
    if (typeof value === 'boolean') return;
    if (value instanceof Uint8Array) {
      this.#varint(value.length);
      this.raw(value);
    } else if (value instanceof Map) this.struct(value);
    else if (typeof value === 'object') {
      this.listHead(value.elementType, value.items.length);
      for (const item of value.items) {
        if (typeof item === 'boolean') this.#byte(item ? 1 : 2);
        else this.#value(value.elementType, item);
      }
    } else if (type === 3) this.#byte(value);
    else if (type === 7) {
      const double = new Uint8Array(8);
      new DataView(double.buffer).setFloat64(0, value, true);
      this.raw(double);
    } else this.#zigzag(value);
  }

  #room(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + length));
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -value * 2 - 1 : value * 2);
  }
}

/** A field whose value is encoded already. */
export interface EncodedField {
  readonly type: number;
  readonly encoded: Uint8Array;
}

/** A boolean's type says its value. */
function fieldType(field: ThriftField | EncodedField): number {
  if ('encoded' in field || typeof field.value !== 'boolean') return field.type;
  return field.value ? thriftTypes.true : thriftTypes.false;
}

function broken(why: string): CoppiceError {
  return new CoppiceError(
    'FILE_FORMAT',
    `the footer of a Parquet file must be well formed; ${why}`,
  );
}

/** The number in a field of a struct; −1 where it has none. */
export function numberIn(struct: ThriftStruct, id: number): number {
  const value = struct.get(id)?.value;
  return typeof value === 'number' ? value : -1;
}

/** The struct in a field of a struct; an empty one where it has none. */
export function structIn(struct: ThriftStruct, id: number): ThriftStruct {
  const value = struct.get(id)?.value;
  return value instanceof Map ? value : new Map();
}
