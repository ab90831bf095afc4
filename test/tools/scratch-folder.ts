/**
 * Where do tests write? Each file of a saved model waits for the disk, some milliseconds for thousands of files, so a
 * file system in memory serves where there is one with room in which programs may be started.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const inMemory = '/dev/shm';
const leastBytes = 2 ** 30;

/** The folder that stands for the system's temporary one. */
export function scratchFolder(): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    const [, , kind, options = 'noexec'] =
      mounts.map((line) => line.split(' ')).find(([, place]) => place === inMemory) ?? [];
    const { bavail, bsize } = statfsSync(inMemory);
    const isUsable = kind === 'tmpfs' && !/\b(ro|noexec)\b/.test(options);
    if (isUsable && bavail * bsize >= leastBytes) return inMemory;
  } catch {
    // no such system
  }
  return tmpdir();
}
