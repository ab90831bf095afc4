/**
 * Finds where records begin, without taking them apart: a line end inside a quoted cell ends no record.
 * Bytes are pushed in order, in pieces of any size; of all record starts it keeps the first one at or
 * after every `blockBytes`, so that a file falls into blocks that can be read on their own.
 *
 *   start ───────── blockBytes ─────────┐first record start from here on
 *   | record | record | re"co↵rd" | rec│ord |█ next block
 *
 * Cost: quotes and line ends are searched by the platform's memchr; a file without quotes is hardly looked at.
 */
import { CoppiceError } from '../../base/errors.ts';
import type { CsvDialect } from './csv-dialect.ts';

/** The longest record that is read. */
const maxRecordBytes = 64 << 20;
const quote = 0x22;

/** Where quotes are open. */
type State = 'plain' | 'quoted' | 'after-quote' | 'after-spaces';

/** An error about the record at a byte position; who knows the file adds the line. */
export class RecordFault extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** Scans bytes for starts of blocks. */
export class RecordScanner {
  /** Where blocks begin, the first one aside. */
  readonly starts: number[] = [];
  readonly #delimiter: number;
  readonly #newline: number;
  readonly #blockBytes: number;
  #state: State = 'plain';
  #position: number;
  #target: number;
  #quoteStart = 0;
  #previous: number;

  constructor(dialect: CsvDialect, blockBytes: number, start: number) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#newline = dialect.newline.charCodeAt(0);
    this.#blockBytes = blockBytes;
    this.#position = start;
    this.#target = start + blockBytes;
    this.#previous = this.#newline;
  }

  /** Scans the next bytes. @throws RecordFault for a record that does not end */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'plain') at = this.#plain(bytes, at);
      else if (this.#state === 'quoted') at = this.#quoted(bytes, at);
      else at = this.#afterQuote(bytes, at);
    }
    this.#previous = bytes.at(-1) ?? this.#previous;
    this.#position += bytes.length;
    if (this.#position - this.#target <= maxRecordBytes) return;
    if (this.#state === 'plain')
      throw new RecordFault(this.#target, 'a record must be shorter than 64 MiB');
    throw this.#unclosed();
  }

  /** Ends the scan. @throws RecordFault for a quote that is never closed */
  end(): void {
    if (this.#state === 'quoted') throw this.#unclosed();
  }

  #unclosed(): RecordFault {
    return new RecordFault(
      this.#quoteStart,
      'a quoted cell must be closed by a quote; this one is not',
    );
  }

  /** Outside quotes: keeps record starts up to the next quote that opens a cell. */
  #plain(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(quote, from);
    const limit = found < 0 ? bytes.length : found;
    for (;;) {
      const wanted = Math.max(from, this.#target - this.#position - 1);
      if (wanted >= limit) break;
      const lineEnd = bytes.indexOf(this.#newline, wanted);
      if (lineEnd < 0 || lineEnd >= limit) break;
      const start = this.#position + lineEnd + 1;
      this.starts.push(start);
      this.#target = start + this.#blockBytes;
    }
    if (found < 0) return bytes.length;
    const before = found === 0 ? this.#previous : bytes[found - 1];
    if (before === this.#delimiter || before === this.#newline) {
      this.#state = 'quoted';
      this.#quoteStart = this.#position + found;
    }
    return found + 1;
  }

  #quoted(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(quote, from);
    if (found < 0) return bytes.length;
    this.#state = 'after-quote';
    return found + 1;
  }

  /** After a quote in a quoted cell: doubled it is text, before a delimiter or line end it closes the cell. */
  #afterQuote(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number;
    if (byte === this.#delimiter || byte === this.#newline) {
      this.#state = 'plain';
      return at;
    }
    if (byte === quote && this.#state === 'after-quote') {
      this.#state = 'quoted';
      return at + 1;
    }
    const isSpace = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
    this.#state = isSpace ? 'after-spaces' : 'quoted';
    return isSpace || byte !== quote ? at + 1 : at;
  }
}

/** Turns a fault into the error about a file's line. */
export function faultAtLine(path: string, line: number, message: string): CoppiceError {
  const text = `the file ${path} must be readable CSV, line ${line}; ${message}`;
  return new CoppiceError('FILE_FORMAT', text, { context: { file: path, line } });
}
