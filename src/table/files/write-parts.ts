/**
 * Where a table is written: into one file, or into a folder of part files. Either way the partitions are
 * encoded in the pool, a few at a time, and arrive here in order; this thread only puts bytes on the disk.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { switchIn } from '../../base/switch-in.ts';
import { type FileSink, refuseExistingFile, replaceFile, writeFileWhole } from './file-sink.ts';

/** One way to write a file of encoded partitions. */
export interface FileFormat<P> {
  /** How names of such files end; a path that ends so is one file, any other a folder. */
  readonly extensions: readonly string[];
  /** Begins a file; the parts of one file are given to its writer in order, then `end`. */
  begin(sink: FileSink): Promise<PartWriter<P>> | PartWriter<P>;
}

/** Writes the parts of one file. */
export interface PartWriter<P> {
  part(encoded: P): Promise<void>;
  end(): Promise<void>;
}

/** Where to write, and what about that which is there. */
export interface Destination {
  readonly path: string;
  readonly overwrite: boolean;
}

/**
 * Writes encoded partitions.
 *
 * @param parts is asked only when the destination is free
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`
 */
export async function writeParts<P>(
  destination: Destination,
  format: FileFormat<P>,
  parts: () => AsyncIterable<P>,
): Promise<void> {
  const { path, overwrite } = destination;
  if (isFilePath(path, format.extensions)) {
    await refuseExistingFile(path, overwrite);
    await replaceFile(path, async (sink) => {
      const writer = await format.begin(sink);
      for await (const part of parts()) await writer.part(part);
      await writer.end();
      await refuseExistingFile(path, overwrite);
    });
    return;
  }
  const extension = format.extensions[0] as string;
  const what = `a folder of ${extension} files`;
  const mayReplace = (folder: string): Promise<boolean> => holdsOnly(folder, format.extensions);
  await switchIn(path, { overwrite, mayReplace, what }, async (folder) => {
    let index = 0;
    const writeOne = async (part?: P): Promise<void> => {
      const name = `part-${String(index++).padStart(5, '0')}${extension}`;
      await writeFileWhole(join(folder, name), async (sink) => {
        const writer = await format.begin(sink);
        if (part !== undefined) await writer.part(part);
        await writer.end();
      });
    };
    for await (const part of parts()) await writeOne(part);
  });
}

/** True when a path names one file of the format. */
export function isFilePath(path: string, extensions: readonly string[]): boolean {
  const name = path.toLowerCase();
  return extensions.some((extension) => name.endsWith(extension));
}

/** True when a folder holds nothing but such files, hidden ones and markers, in folders of any depth. */
async function holdsOnly(folder: string, extensions: readonly string[]): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return false;
  return entries.every(
    (entry) =>
      entry.isDirectory() ||
      entry.name.startsWith('_') ||
      entry.name.startsWith('.') ||
      isFilePath(entry.name, extensions),
  );
}
