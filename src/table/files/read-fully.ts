/** Reads bytes of a file at a position; a short read is continued, the end of the file is an error. */
import { readSync } from 'node:fs';
import { CoppiceError } from '../../base/errors.ts';

/** Bytes [position, position + length) of an open file; positions beyond 2 GiB are fine. */
export function readFully(fd: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  readInto(fd, position, bytes);
  return bytes;
}

/** Fills an array with the bytes from a position on. @throws CoppiceError `FILE_FORMAT` */
export function readInto(fd: number, position: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(
      fd,
      bytes,
      done,
      Math.min(bytes.length - done, 1 << 30),
      position + done,
    );
    if (count === 0) throw new CoppiceError('FILE_FORMAT', 'it ends too early (was it cut off?)');
    done += count;
  }
}
