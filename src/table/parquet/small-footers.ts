/**
 * Are the footers of these files so small that the calling thread has read them before another one would be there?
 * The last eight bytes of each file tell. What is no Parquet file counts as small: whoever reads it will say so.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of all footers together that count as little. */
const fewBytes = 64 * 1024;
/** A footer's length, then the mark of the format. */
const tailBytes = 8;

/** True for files of this machine whose footers are little to read. */
export function haveSmallFooters(files: readonly { readonly path: string }[]): boolean {
  try {
    return files.reduce((sum, { path }) => sum + footerBytes(path), 0) <= fewBytes;
  } catch {
    return false;
  }
}

function footerBytes(path: string): number {
  const tail = Buffer.alloc(tailBytes);
  const file = openSync(path, 'r');
  try {
    readSync(file, tail, 0, tailBytes, Math.max(0, fstatSync(file).size - tailBytes));
  } finally {
    closeSync(file);
  }
  return tail.readUInt32LE(0);
}
