/**
 * Makes a folder and those above it. Node's own way goes round without end where a file system answers that what is above
 * does not exist though it does (/proc, names that an automounter does not know).
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the folder where there is none. @throws what the system says of it */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    await makeFolder(above);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const known = await stat(path).catch(() => null);
    if (known?.isDirectory() !== true) throw error;
  }
}
