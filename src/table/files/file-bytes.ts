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
  /** A checksum of a Parquet file's table of contents. */
  readonly contents?: number | undefined;
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

/** Longer parts of files get memory of their own. */
const roomBytes = 4 << 20;
let idle: Uint8Array | null = null;

/**
 * Hands the same bytes to `use`, in memory that the next part will take over: nothing of them may be kept. Many parts
 * would otherwise leave more memory behind than any of them needs.
 */
export async function withPart<T>(
  file: FileBytes,
  position: number,
  length: number,
  use: (bytes: Uint8Array) => T,
): Promise<T> {
  if (length > roomBytes) return use(await readBytes(file, position, length));
  // not at hand while another part is being read into it
  const room =
    idle !== null && idle.length >= length ? idle : new Uint8Array(Math.max(length, 1 << 20));
  idle = null;
  try {
    const bytes = room.subarray(0, length);
    await file.readInto(position, bytes);
    return use(bytes);
  } finally {
    idle = room;
  }
}
