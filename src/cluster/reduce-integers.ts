/** Adds up what every rank contributed: int64 values, so the order of the ranks cannot matter. */

/** Element-wise sum or maximum of every other rank's values into this rank's own. */
export function reduceIntegers(
  values: BigInt64Array,
  parts: readonly Uint8Array[],
  own: number,
  operation: 'sum' | 'max',
): void {
  parts.forEach((bytes, rank) => {
    if (rank === own) return;
    const others = new BigInt64Array(bytes.buffer, bytes.byteOffset, values.length);
    for (let i = 0; i < values.length; i++) {
      const mine = values[i] as bigint;
      const other = others[i] as bigint;
      values[i] = operation === 'sum' ? mine + other : other > mine ? other : mine;
    }
  });
}
