/** Pages that have a checksum are read only where their bytes are those that it is of. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { IsolationForest, Session } from '../../../src/index.ts';
import {
  type ColumnChunk,
  columnChunks,
  parseFooter,
  tailBytes,
} from '../../../src/table/parquet/footer.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const folder = temporaryFolder('checksums');
const session = await Session.local({ threads: 1 });
afterAll(() => session.close());

async function rowsOf(path: string): Promise<unknown[]> {
  return await (await session.read.parquet(path)).take(1000);
}

function chunksOf(bytes: Uint8Array): readonly ColumnChunk[] {
  const end = bytes.length - tailBytes;
  const size = new DataView(bytes.buffer).getUint32(end, true);
  return columnChunks(parseFooter(bytes.slice(end - size, end)), 0, bytes.length);
}

describe.each([
  ...['pyarrow-flat-checksums', 'pyarrow-flat-checksums-v2'],
  // pages that only the decoder can read
  ...['pyarrow-zstd-checksums', 'pyarrow-gzip-checksums', 'pyarrow-brotli-checksums'],
])('%s.parquet', (name) => {
  const file = join(fixtures, `${name}.parquet`);
  const sound = Uint8Array.from(readFileSync(file));

  it('is read where nothing is damaged', async () => {
    expect(await rowsOf(file)).toEqual(await rowsOf(join(fixtures, 'pyarrow-flat.parquet')));
  });

  it.each(chunksOf(sound).map((chunk) => [chunk.path[0] as string, chunk] as const))(
    'is refused where a bit of column %s is another',
    async (column, { start, length }) => {
      const bytes = sound.slice();
      const last = start + length - 1;
      bytes[last] = (bytes[last] as number) ^ 4;
      const path = join(folder, `${name}-${column}.parquet`);
      writeFileSync(path, bytes);
      const isRefused = {
        code: 'FILE_FORMAT',
        message: expect.stringContaining(`row group 0; a page of column ${column} must have`),
        context: { file: path, rowGroup: 0 },
      };
      await expect(rowsOf(path)).rejects.toMatchObject(isRefused);
      const forest = new IsolationForest({ featuresCols: [column], numTrees: 2 });
      await expect(forest.fit(await session.read.parquet(path))).rejects.toMatchObject(isRefused);
    },
  );
});
