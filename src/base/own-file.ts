/** What is said where a file of the package itself is not beside its code. */
import { fileURLToPath } from 'node:url';
import { CoppiceError } from './errors.ts';

/** The error for a file of the package that is not there. */
export function ownFileMissing(url: URL, cause?: unknown): CoppiceError {
  return new CoppiceError(
    'FILE_NOT_FOUND',
    `${fileURLToPath(url)}, a file of this package, does not exist: where a bundler took the code in, have it leave the package out (external), for threads and kernels are files beside it; otherwise install the package again`,
    { cause },
  );
}
