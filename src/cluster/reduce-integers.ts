/** Adds up what every rank contributed: int64 values, so the order of the ranks cannot matter. */

/** Element-wise sum or maximum of other int64 values into one's own; the bytes of both begin at multiples of 8. */
export function combineIntegers(
  own: Uint8Array,
  other: Uint8Array,
  operation: 'sum' | 'max',
): void {
  if (operation === 'sum') addIntegers(own, other);
  else takeLargest(own, other);
}

// as 32-bit halves: a bigint for each value would cost a hundred times as much
function addIntegers(own: Uint8Array, other: Uint8Array): void {
  const numWords = own.byteLength / 4;
  const a = new Uint32Array(own.buffer, own.byteOffset, numWords);
  const b = new Uint32Array(other.buffer, other.byteOffset, numWords);
  for (let i = 0; i < numWords; i += 2) {
    const low = (a[i] as number) + (b[i] as number);
    a[i] = low;
    a[i + 1] = (a[i + 1] as number) + (b[i + 1] as number) + (low > 0xffffffff ? 1 : 0);
  }
}

function takeLargest(own: Uint8Array, other: Uint8Array): void {
  const a = new BigInt64Array(own.buffer, own.byteOffset, own.byteLength / 8);
  const b = new BigInt64Array(other.buffer, other.byteOffset, own.byteLength / 8);
  for (let i = 0; i < a.length; i++) if ((b[i] as bigint) > (a[i] as bigint)) a[i] = b[i] as bigint;
}

/** Element-wise sum or maximum of every other rank's values into this rank's own. */
export function reduceIntegers(
  values: BigInt64Array,
  parts: readonly Uint8Array[],
  own: number,
  operation: 'sum' | 'max',
): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  parts.forEach((part, rank) => {
    if (rank !== own) combineIntegers(bytes, part, operation);
  });
}
