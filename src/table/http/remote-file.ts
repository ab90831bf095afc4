/**
 * A file on a web server, read by ranges as one on a disk is: its first bytes tell that it is there, how long it is
 * and which state of it this is; every further answer must be of the same state. Who reads the very end, where formats keep
 * their tables of contents, has the last bytes fetched with it.
 *
 *   | first 64 KiB | … ranges that are asked for … | last 64 KiB |
 */
import { allowedUrl, nameOfUrl } from '../../base/allowed-urls.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { FileBytes, FileIdentity } from '../files/file-bytes.ts';
import { type FetchTiming, getRange } from './get-range.ts';

const edgeBytes = 64 * 1024;

interface Edge {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** See the header. */
export class RemoteFile implements FileBytes {
  readonly identity: FileIdentity;
  readonly #url: URL;
  readonly #timing: FetchTiming | undefined;
  readonly #edges: Edge[] = [];

  private constructor(url: URL, identity: FileIdentity, timing?: FetchTiming) {
    this.#url = url;
    this.identity = identity;
    this.#timing = timing;
  }

  /**
   * Opens a file.
   *
   * @param planned its state when it was planned; nothing is fetched then until bytes are read
   * @throws CoppiceError `FILE_FETCH`, `FILE_NOT_FOUND`, `UNAUTHENTICATED`, `ACCESS_DENIED`, `PARAM_INVALID`
   */
  static async open(
    path: string,
    planned?: FileIdentity,
    timing?: FetchTiming,
  ): Promise<RemoteFile> {
    const url = allowedUrl(path);
    if (planned !== undefined) return new RemoteFile(url, planned, timing);
    const { bytes, size, version } = await getRange(url, { start: 0, end: edgeBytes }, timing);
    const file = new RemoteFile(url, { path, size, mtimeMs: 0, version }, timing);
    file.#edges.push({ start: 0, bytes });
    return file;
  }

  /** Fills an array with the bytes from a position on. @throws CoppiceError as `open`, `DATA_INVALID` for a file that changed */
  async readInto(position: number, bytes: Uint8Array): Promise<void> {
    const { size } = this.identity;
    const end = position + bytes.length;
    if (end > size) throw new CoppiceError('FILE_FORMAT', 'it ends too early (was it cut off?)');
    if (bytes.length === 0) return;
    const tail = Math.max(0, size - edgeBytes);
    if (end === size && position > tail && this.#edgeAt(position, end) === undefined) {
      this.#edges.push({ start: tail, bytes: await this.#fetch(tail, size) });
    }
    const edge = this.#edgeAt(position, end);
    const found =
      edge === undefined
        ? await this.#fetch(position, end)
        : edge.bytes.subarray(position - edge.start, end - edge.start);
    bytes.set(found);
  }

  #edgeAt(position: number, end: number): Edge | undefined {
    return this.#edges.find(({ start, bytes }) => position >= start && end <= start + bytes.length);
  }

  async #fetch(start: number, end: number): Promise<Uint8Array> {
    const { size, version = null } = this.identity;
    const found = await getRange(this.#url, { start, end }, this.#timing);
    if (found.size === size && found.version === version) return found.bytes;
    const name = nameOfUrl(this.#url);
    const states = `${size} bytes, ${version}, and then ${found.size} bytes, ${found.version}`;
    const message = `the file ${name} must stay as it is while a table reads it; it has changed: it had ${states}. Read it again`;
    throw new CoppiceError('DATA_INVALID', message, { context: { file: name } });
  }
}
