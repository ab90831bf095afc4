/** Ranges of a file that are kept: the same bytes come from them, of the same state of the file only. */
import { describe, expect, it } from 'vitest';
import type { FileBytes, FileIdentity } from '../../../src/table/files/file-bytes.ts';
import { keepingRanges } from '../../../src/table/files/kept-ranges.ts';

/** A file of bytes that count up; tells how often it was read. */
class CountedFile implements FileBytes {
  readonly identity: FileIdentity;
  numReads = 0;
  readonly #first: number;

  constructor(path: string, version: string, first = 0) {
    this.identity = { path, size: 1 << 30, mtimeMs: 0, version };
    this.#first = first;
  }

  readInto(position: number, bytes: Uint8Array): void {
    this.numReads += 1;
    // the first ones are enough to tell ranges apart
    for (let i = 0; i < Math.min(16, bytes.length); i++) bytes[i] = this.#first + position + i;
  }
}

/** The first bytes of a range. */
async function read(file: FileBytes, position: number, length: number): Promise<number[]> {
  const bytes = new Uint8Array(length);
  await keepingRanges(file).readInto(position, bytes);
  return [...bytes.subarray(0, 16)];
}

describe('ranges that are kept', () => {
  it('give the same bytes, and parts of them, without another read', async () => {
    const file = new CountedFile('https://a/x', '1');
    expect(await read(file, 10, 4)).toEqual([10, 11, 12, 13]);
    expect(await read(file, 10, 4)).toEqual([10, 11, 12, 13]);
    expect(await read(file, 11, 2)).toEqual([11, 12]);
    expect(file.numReads).toBe(1);
    expect(await read(file, 12, 3)).toEqual([12, 13, 14]);
    expect(file.numReads).toBe(2);
  });

  it('are those of one file in one state', async () => {
    const files = [
      new CountedFile('https://b/x', '1', 1),
      new CountedFile('https://b/x', '2', 2),
      new CountedFile('https://b/y', '1', 3),
    ];
    for (const file of files) await read(file, 0, 2);
    for (const [i, file] of files.entries()) {
      expect(await read(file, 0, 2)).toEqual([i + 1, i + 2]);
      expect(file.numReads).toBe(1);
    }
  });

  it('are as many as fit, those that were asked for last', async () => {
    const file = new CountedFile('https://c/x', '1');
    const third = 24 << 20;
    const places = [0, third, 2 * third];
    for (const place of places.slice(0, 2)) await read(file, place, third);
    // the first one is asked for again, so the second one has to go
    await read(file, 0, 1);
    await read(file, 2 * third, third);
    expect(file.numReads).toBe(3);
    await read(file, 0, 1);
    expect(file.numReads).toBe(3);
    await read(file, third, 1);
    expect(file.numReads).toBe(4);
  });
});
