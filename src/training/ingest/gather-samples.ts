/**
 * How samples of features cross the ranks: large ones by themselves, small ones many at a time, for a meeting of a table
 * of thousands of columns takes longer than what it carries.
 *
 *   | bytes of each feature's sample, float64 each | the samples, end to end |
 */

/** Features whose samples the ranks gather before they sort. */
const featuresAtOnce = 32;
/** Samples of several features cross together up to so many bytes. */
const bytesTogether = 1 << 18;

/** Features at places [from, to) of a list. */
export interface SampleRange {
  readonly from: number;
  readonly to: number;
}

/** Batches of features whose samples are sorted together, each in parts that cross together. @param sizes bytes of samples */
export function batchesOf(sizes: readonly number[], numRanks: number): SampleRange[][] {
  const parts: SampleRange[] = [];
  for (let from = 0; from < sizes.length; ) {
    let to = from;
    let bytes = 0;
    while (to < sizes.length && (to === from || bytes + (sizes[to] as number) <= bytesTogether)) {
      bytes += sizes[to++] as number;
    }
    parts.push({ from, to });
    from = to;
  }
  const batches: SampleRange[][] = [];
  let numFeatures = Number.POSITIVE_INFINITY;
  const most = numRanks * Math.max(1, Math.floor(featuresAtOnce / numRanks));
  for (const part of parts) {
    if (numFeatures + part.to - part.from > most) {
      batches.push([]);
      numFeatures = 0;
    }
    batches.at(-1)?.push(part);
    numFeatures += part.to - part.from;
  }
  return batches;
}

/** One rank's samples of some features, each in chunks. */
export function packSamples(
  features: readonly (readonly (Float32Array | Float64Array)[])[],
): Uint8Array {
  const lengths = features.map((chunks) =>
    chunks.reduce((sum, { byteLength }) => sum + byteLength, 0),
  );
  const head = new Uint8Array(Float64Array.from(lengths).buffer);
  const packed = new Uint8Array(lengths.reduce((sum, length) => sum + length, head.length));
  packed.set(head);
  let at = head.length;
  for (const { buffer, byteOffset, byteLength } of features.flat()) {
    packed.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return packed;
}

/** The samples of each feature, out of what one rank packed. */
export function unpackSamples(bytes: Uint8Array, count: number): Uint8Array[] {
  const lengths = new Float64Array(bytes.slice(0, 8 * count).buffer);
  let at = 8 * count;
  return Array.from(lengths, (length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}

/** The samples of all ranks, end to end. */
export function joinSamples(
  parts: readonly Uint8Array[],
  isFloat32: boolean,
): Float32Array | Float64Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return isFloat32 ? new Float32Array(joined.buffer) : new Float64Array(joined.buffer);
}
