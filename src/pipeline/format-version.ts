/** Which saved models can this version of the library read, and what does it write into them? */
import { CoppiceError } from '../base/errors.ts';
import { libraryVersion } from '../base/library-version.ts';

export { libraryVersion };

/** The version of the layout of saved stages; a change that older readers would misread raises it. */
export const formatVersion = 1;

/** Throws `MODEL_VERSION` for files of a newer layout, `MODEL_FORMAT` for what is no version at all. */
export function checkFormatVersion(version: unknown, path: string): void {
  if (!Number.isSafeInteger(version) || Number(version) < 1) {
    throw new CoppiceError('MODEL_FORMAT', `the saved model ${path} has no proper format version`, {
      context: { file: path },
    });
  }
  if (Number(version) > formatVersion) {
    const message =
      `the saved model ${path} has format version ${Number(version)}, written by a newer coppice; ` +
      `this is coppice ${libraryVersion}, which reads format versions up to ${formatVersion}: update coppice`;
    throw new CoppiceError('MODEL_VERSION', message, {
      context: { file: path, version: Number(version) },
    });
  }
}
