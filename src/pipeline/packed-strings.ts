/**
 * Lists of texts as two arrays, for storage: all UTF-8 bytes one after another, and where each text ends.
 */
import { CoppiceError } from '../base/errors.ts';

/** Texts in stored form. */
export interface PackedStrings {
  readonly bytes: Uint8Array;
  /** ends[i] = first byte after text i. */
  readonly ends: Uint32Array;
}

/** Packs texts. */
export function packStrings(strings: readonly string[]): PackedStrings {
  const encoder = new TextEncoder();
  const parts = strings.map((text) => encoder.encode(text));
  const ends = new Uint32Array(parts.length);
  let total = 0;
  for (const [index, part] of parts.entries()) {
    total += part.byteLength;
    ends[index] = total;
  }
  const bytes = new Uint8Array(total);
  for (const [index, part] of parts.entries())
    bytes.set(part, (ends[index] ?? 0) - part.byteLength);
  return { bytes, ends };
}

/**
 * Unpacks texts.
 *
 * @throws CoppiceError `MODEL_FORMAT` when ends do not ascend to the number of bytes, or bytes are no UTF-8
 */
export function unpackStrings({ bytes, ends }: PackedStrings): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const strings: string[] = [];
  let start = 0;
  for (const end of ends) {
    if (end < start || end > bytes.byteLength) throw broken();
    try {
      strings.push(decoder.decode(bytes.subarray(start, end)));
    } catch {
      throw broken();
    }
    start = end;
  }
  if (start !== bytes.byteLength) throw broken();
  return strings;
}

function broken(): CoppiceError {
  return new CoppiceError(
    'MODEL_FORMAT',
    'the texts of the model are not stored as they should be',
  );
}
