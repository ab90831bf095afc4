/** The folder of public data beside the repository, or why a suite that needs it is skipped. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** ../shared/data */
export const sharedData = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Null where all files are there. */
export function missingReason(files: readonly string[]): string | null {
  const missing = files.find((file) => !existsSync(join(sharedData, file)));
  return missing === undefined ? null : `there is no ../shared/data/${missing}`;
}
