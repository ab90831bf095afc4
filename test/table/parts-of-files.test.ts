import { describe, expect, it } from 'vitest';
import { withPart } from '../../src/table/files/file-bytes.ts';

describe('parts of files', () => {
  it('that are read at one time do not share their memory', async () => {
    const identity = { path: 'a', size: 100, mtimeMs: 0 };
    const readInto = async (position: number, bytes: Uint8Array): Promise<void> => {
      await Promise.resolve();
      bytes.fill(position);
      await Promise.resolve();
    };
    const part = (position: number) =>
      withPart({ identity, readInto }, position, 8, (bytes) => [...bytes]);
    expect(await part(9)).toEqual(new Array(8).fill(9));
    const found = await Promise.all([1, 2, 3].map(part));
    expect(found).toEqual([1, 2, 3].map((value) => new Array(8).fill(value)));
    expect(await part(4)).toEqual(new Array(8).fill(4));
  });
});
