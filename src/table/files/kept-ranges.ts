/**
 * A file on a web server whose bytes are kept for a moment, because the same ones will be asked for again: partitions
 * that are cut out of one row group by rows need the same column chunks. A thread keeps as many bytes as two portions
 * of columns have, those asked for last, and none after some seconds in which nobody asked.
 */
import type { FileBytes, FileIdentity } from './file-bytes.ts';

const mostBytes = 64 << 20;
const keepMs = 10_000;

interface KeptRange {
  readonly file: FileIdentity;
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Those asked for last stand last. */
let kept: KeptRange[] = [];
let timer: NodeJS.Timeout | undefined;

/** The same file, whose ranges are kept. */
export function keepingRanges(from: FileBytes): FileBytes {
  return {
    identity: from.identity,
    readInto: async (position, bytes) => {
      const found = rangeWith(from.identity, position, position + bytes.length);
      if (found !== undefined) {
        bytes.set(found.bytes.subarray(position - found.start).subarray(0, bytes.length));
        keep(found);
        return;
      }
      await from.readInto(position, bytes);
      if (bytes.length <= mostBytes) {
        keep({ file: from.identity, start: position, bytes: bytes.slice() });
      }
    },
  };
}

function rangeWith(file: FileIdentity, from: number, to: number): KeptRange | undefined {
  return kept.find(
    (range) =>
      range.start <= from &&
      to <= range.start + range.bytes.length &&
      range.file.path === file.path &&
      range.file.size === file.size &&
      range.file.version === file.version,
  );
}

function keep(range: KeptRange): void {
  kept = [...kept.filter((other) => other !== range), range];
  let bytes = kept.reduce((sum, one) => sum + one.bytes.length, 0);
  while (bytes > mostBytes) bytes -= (kept.shift() as KeptRange).bytes.length;
  clearTimeout(timer);
  timer = setTimeout(() => {
    kept = [];
  }, keepMs);
  timer.unref();
}
