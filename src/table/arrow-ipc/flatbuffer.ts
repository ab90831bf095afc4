/**
 * Reads the few fields that planning needs out of Arrow's metadata, which are FlatBuffers. The bytes may
 * be anything: every access is checked by DataView, no loop is longer than the bytes allow.
 *
 *   table at p:  int32 distance back to its vtable | fields …
 *   vtable:      uint16 bytes of the vtable | uint16 bytes of the table | uint16 place of field 0 | …
 */

/** A table inside a FlatBuffer. */
export class FlatTable {
  readonly view: DataView;
  /** Where the table begins. */
  readonly position: number;

  constructor(view: DataView, position: number) {
    this.view = view;
    this.position = position;
  }

  /** The root table of a buffer. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  /** Where in the vtable the place of a field stands; 0 when the vtable is too short. */
  slotOf(field: number): number {
    const vtable = this.position - this.view.getInt32(this.position, true);
    const slot = 4 + field * 2;
    return slot < this.view.getUint16(vtable, true) ? vtable + slot : 0;
  }

  /** Where the value of a field stands; 0 when it has its default. */
  placeOf(field: number): number {
    const slot = this.slotOf(field);
    const offset = slot === 0 ? 0 : this.view.getUint16(slot, true);
    return offset === 0 ? 0 : this.position + offset;
  }

  /** A byte, 0 by default. */
  byte(field: number): number {
    const place = this.placeOf(field);
    return place === 0 ? 0 : this.view.getUint8(place);
  }

  /** A 16-bit number, 0 by default. */
  short(field: number): number {
    const place = this.placeOf(field);
    return place === 0 ? 0 : this.view.getInt16(place, true);
  }

  /** A 64-bit number that must be a count; 0 by default. @throws RangeError */
  count(field: number): number {
    const place = this.placeOf(field);
    return place === 0 ? 0 : countAt(this.view, place);
  }

  /** Where a field that is stored elsewhere begins, undefined when absent. */
  target(field: number): number | undefined {
    const place = this.placeOf(field);
    return place === 0 ? undefined : place + this.view.getUint32(place, true);
  }

  /** An inner table, undefined when absent. */
  table(field: number): FlatTable | undefined {
    const target = this.target(field);
    return target === undefined ? undefined : new FlatTable(this.view, target);
  }

  /** Where each of a vector's structs of some bytes begins; none when absent. @throws RangeError */
  structs(field: number, bytes: number): number[] {
    const target = this.target(field);
    if (target === undefined) return [];
    const length = this.view.getUint32(target, true);
    if (target + 4 + length * bytes > this.view.byteLength)
      throw new RangeError('a list is too long');
    return Array.from({ length }, (_, index) => target + 4 + index * bytes);
  }
}

/** A 64-bit number that must be from 0 to 2^53. @throws RangeError */
export function countAt(view: DataView, place: number): number {
  const value = Number(view.getBigInt64(place, true));
  if (value >= 0 && Number.isSafeInteger(value)) return value;
  throw new RangeError(`a count must not be ${value}`);
}
