/** What is read of another library's model, and what is said where it is damaged or holds what has no counterpart. */
import { readFile } from 'node:fs/promises';
import { CoppiceError, fileLimitError } from '../../base/errors.ts';
import { reasonNotOpened, shownPath } from '../../base/file-reasons.ts';

/** Where a model comes from: a path, the text or the bytes of the file. */
export type ForeignModelSource = string | URL | Uint8Array;

/** A file, for errors. */
export class ModelFile {
  readonly #library: string;
  readonly #name: string | null;
  readonly #part: string | null;

  constructor(library: string, name: string | null, part: string | null = null) {
    this.#library = library;
    this.#name = name;
    this.#part = part;
  }

  /** The same file, where one of its parts is at fault. */
  part(part: string): ModelFile {
    return new ModelFile(this.#library, this.#name, part);
  }

  /** The error for a file that is not what the library writes. @param what the rest of a sentence about the model */
  malformed(what: string): CoppiceError {
    const message = `${this.#subject} ${what}: it is damaged or was cut short; save it again`;
    return new CoppiceError('MODEL_FORMAT', message, { context: this.#context });
  }

  /** The error for what has no counterpart here. @param what the rest of a sentence @param remedy what to do instead */
  unsupported(what: string, remedy: string): CoppiceError {
    const message = `${this.#subject} ${what}; ${remedy}`;
    return new CoppiceError('UNSUPPORTED', message, { context: this.#context });
  }

  /** The error for an option that does not suit the file. */
  unsuited(option: string, rule: string, got: string | number): CoppiceError {
    const message = `${option} of the ${this.#library} model must be ${rule}; got ${got}`;
    return new CoppiceError('PARAM_INVALID', message, {
      context: { ...this.#context, param: option.split(' ')[0] as string },
    });
  }

  get #subject(): string {
    const where = this.#part === null ? '' : `${this.#part} of `;
    return `${where}the ${this.#library} model${this.#name === null ? '' : ` ${this.#name}`}`;
  }

  get #context(): Record<string, string> {
    return this.#name === null ? {} : { file: this.#name };
  }
}

/** Reads a source; a string that is a text, not a path, has a line's end or begins an object. */
export async function readSource(
  library: string,
  source: ForeignModelSource,
): Promise<{ readonly file: ModelFile; readonly bytes: Uint8Array }> {
  if (source instanceof Uint8Array) return { file: new ModelFile(library, null), bytes: source };
  if (typeof source === 'string' && (source.includes('\n') || source.trimStart().startsWith('{')))
    return { file: new ModelFile(library, null), bytes: new TextEncoder().encode(source) };
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const message = `source of the ${library} model must be a path, a text or bytes; got ${typeof source}`;
    throw new CoppiceError('PARAM_INVALID', message, { context: { param: 'source' } });
  }
  try {
    return { file: new ModelFile(library, String(source)), bytes: await readFile(source) };
  } catch (error) {
    const full = fileLimitError(error, String(source));
    if (full !== undefined) throw full;
    const message = `the ${library} model must be a file that can be read; got ${shownPath(String(source))}: ${reasonNotOpened(error)}`;
    throw new CoppiceError('FILE_NOT_FOUND', message, {
      context: { file: String(source) },
      cause: error,
    });
  }
}
