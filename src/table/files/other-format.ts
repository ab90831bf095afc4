/** What is a file that is not of the format that it is read as? */

/** First bytes, and what a file that begins with them is. */
const beginnings: readonly (readonly [string, string])[] = [
  ['\xff\xfe', 'it is UTF-16: save it as UTF-8'],
  ['\xfe\xff', 'it is UTF-16: save it as UTF-8'],
  ['\x1f\x8b', 'it is compressed by gzip: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'it is compressed by zstd: unpack it first'],
  ['PK\x03\x04', 'it is a zip or Excel file: unpack it or save it as CSV'],
  ['Obj\x01', 'it is an Avro file: save it as Parquet'],
  [
    'PAR1',
    'it is a Parquet file: read it with read.parquet, or give it a name that ends in .parquet',
  ],
  ['ARROW1', 'it is an Arrow file: read it with read.arrow, or give it a name that ends in .arrow'],
];
const asCsv = 'it seems to be text: read CSV with read.csv, or give it a name that ends in .csv';

/** How many first bytes tell what a file is. */
export const tellingBytes = 64;

/** What the first bytes of a file say that it is, and what to do about it; null where they say nothing. */
export function otherFormat(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, tellingBytes)).toString('latin1');
  return beginnings.find(([start]) => head.startsWith(start))?.[1] ?? null;
}

/** The same for a format that is no text. */
export function otherThanText(bytes: Uint8Array): string | null {
  const head = bytes.subarray(0, tellingBytes);
  const isText = head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
  return otherFormat(bytes) ?? (isText && head.length > 0 ? asCsv : null);
}
