/**
 * A file whose bytes are read by their places, wherever it lies: on a disk of this machine, or on a web server. Who
 * reads formats need not know which (open-file.ts opens it).
 */
import { isUrl, nameOfUrl } from '../../base/allowed-urls.ts';
import type { Awaitable } from '../../base/awaitable.ts';

/** A file as it was when it was planned; another size, time or version means that it changed. */
export interface FileIdentity {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** What a web server calls this state of the file. */
  readonly version?: string | null | undefined;
}

/** An open file. */
export interface FileBytes {
  readonly identity: FileIdentity;
  /** Fills an array with the bytes from a position on. */
  readInto(position: number, bytes: Uint8Array): Awaitable<void>;
}

/** Bytes [position, position + length) of a file. */
export async function readBytes(
  file: FileBytes,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.readInto(position, bytes);
  return bytes;
}

/** A file for people: URLs without their queries. */
export function nameOfFile(path: string): string {
  return isUrl(path) ? nameOfUrl(path) : path;
}
