/** Files are on the disk when the call returns, however long the disk takes, and its failures are the caller's. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type WrittenFile, writeDurably } from '../../src/base/write-durably.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const contents = Array.from({ length: 20 }, (_, i) => new Uint8Array(100 * i).fill(i));
let handles: FileHandle;

beforeAll(async () => {
  const handle = await open(join(temporaryFolder('write-durably'), 'x'), 'w');
  handles = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
});
afterEach(() => vi.restoreAllMocks());

describe('files that are written durably', () => {
  it('are all on the disk, in full, when the call returns', async () => {
    const folder = temporaryFolder('write-durably');
    const { sync } = handles;
    let numBegun = 0;
    let numDone = 0;
    vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
      numBegun += 1;
      await sleep(numBegun % 3 === 0 ? 30 : 1);
      await sync.call(this);
      numDone += 1;
    });
    const written: WrittenFile[] = [];
    await writeDurably(async (write) => {
      for (const [i, bytes] of contents.entries()) {
        written.push(
          await write(join(folder, `${i}`), [bytes.subarray(0, 50), bytes.subarray(50)]),
        );
        expect(numBegun - numDone).toBeLessThanOrEqual(8);
      }
    });
    expect(numDone).toBe(20);
    contents.forEach((bytes, i) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(written[i]).toEqual({ size: bytes.length, sha256 });
      expect(new Uint8Array(readFileSync(join(folder, `${i}`)))).toEqual(bytes);
    });
    expect(readdirSync(folder).length).toBe(20);
  });

  it('fail by the name of the file that the disk did not take, though it is not the last', async () => {
    const folder = temporaryFolder('write-durably');
    const seen: FileHandle[] = [];
    vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
      const isLast = seen.push(this) === 3;
      await sleep(5);
      if (isLast) return;
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    });
    const saving = writeDurably(async (write) => {
      for (let i = 0; i < 3; i++) await write(join(folder, `${i}`), [new Uint8Array(9)]);
    });
    await expect(saving).rejects.toThrow(/0 cannot be written: the disk is full/);
    expect(seen.map(({ fd }) => fd)).toEqual([-1, -1, -1]);
  });

  it('are closed when another one cannot be written', async () => {
    const folder = temporaryFolder('write-durably');
    const seen: FileHandle[] = [];
    vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
      seen.push(this);
      await sleep(5);
    });
    const saving = writeDurably(async (write) => {
      await write(join(folder, 'a'), [new Uint8Array(9)]);
      await write(join(folder, 'a'), [new Uint8Array(9)]);
    });
    await expect(saving).rejects.toMatchObject({ code: 'FILE_WRITE' });
    expect(seen.map(({ fd }) => fd)).toEqual([-1]);
  });
});
