import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { haveSmallFooters } from '../../../src/table/parquet/small-footers.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('small-footers');

function fileOf(name: string, footerBytes: number): { path: string } {
  const bytes = Buffer.alloc(100);
  bytes.writeUInt32LE(footerBytes, 92);
  bytes.write('PAR1', 96, 'latin1');
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path };
}

describe('footers', () => {
  it('are small together, or not', () => {
    const files = [fileOf('a', 40_000), fileOf('b', 20_000), fileOf('c', 10_000)];
    expect(haveSmallFooters(files.slice(0, 2))).toBe(true);
    expect(haveSmallFooters(files)).toBe(false);
  });

  it('of files that are elsewhere or not there are for others to read', () => {
    expect(haveSmallFooters([{ path: 'https://example.org/a.parquet' }])).toBe(false);
    expect(haveSmallFooters([{ path: join(folder, 'none') }])).toBe(false);
  });
});
