/**
 * What planning needs to know of one CSV file, found in a worker thread: the names of its columns, where
 * its blocks of whole records begin, and what types its cells look like.
 *
 * The whole file is scanned once for record starts (record-scanner.ts); cells are looked at in a bounded
 * sample only: the file's first 4 MiB and the first 256 KiB of up to 15 later blocks.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { allowedPath } from '../../base/allowed-paths.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { FileIdentity } from '../files/file-bytes.ts';
import { withFile } from '../files/open-file.ts';
import { otherFormat } from '../files/other-format.ts';
import { readFully } from '../files/read-fully.ts';
import { type CsvDialect, delimiterOf } from './csv-dialect.ts';
import { addToSample, type ColumnSample, emptySample } from './infer-types.ts';
import { CellFault, parseRecords } from './parse-records.ts';
import { faultAtLine, RecordFault, RecordScanner } from './record-scanner.ts';

/** How a file is to be looked at; plain data. */
export interface CsvInfoRequest {
  readonly path: string;
  /** Read off the first line when undefined. */
  readonly delimiter?: string | undefined;
  readonly header: boolean;
  /** Names in place of the file's. */
  readonly columnNames?: readonly string[] | undefined;
  readonly nullValues: readonly string[];
  readonly trim: boolean;
}

/** What a file holds. */
export interface CsvInfo {
  readonly file: FileIdentity;
  readonly dialect: CsvDialect;
  readonly names: readonly string[];
  readonly samples: readonly ColumnSample[];
  /** Where blocks begin, and the end of the last one. */
  readonly cuts: readonly number[];
}

const blockBytes = 8 << 20;
const windowBytes = 1 << 20;
const headBytes = 4 << 20;
const laterBytes = 256 << 10;
const maxLaterSamples = 15;

/** Looks at a file. @throws CoppiceError `FILE_FORMAT`, `FILE_NOT_FOUND`, `PARAM_INVALID` */
export function csvInfo(request: CsvInfoRequest): CsvInfo {
  return withFile(request.path, undefined, (fd, file) => {
    const bytes = readFully(fd, 0, Math.min(file.size, headBytes));
    return withLines(file.path, () => look(fd, file, { request, bytes }));
  });
}

/** Gives errors about a position of a file the line of that position. */
export function withLines<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    throw faultAtLine(path, lineAt(path, error.position), error.message);
  }
}

/** The line, from 1, on which a byte of a file stands. */
export function lineAt(path: string, position: number): number {
  const window = Buffer.alloc(windowBytes);
  const fd = openSync(allowedPath('data', path), 'r');
  let lines = 0;
  let returns = 0;
  try {
    for (let start = 0; start < position; ) {
      const count = readSync(fd, window, 0, Math.min(windowBytes, position - start), start);
      if (count === 0) break;
      const bytes = window.subarray(0, count);
      for (const byte of bytes) {
        if (byte === 10) lines++;
        else if (byte === 13) returns++;
      }
      start += count;
    }
  } finally {
    closeSync(fd);
  }
  return 1 + (lines === 0 ? returns : lines);
}

interface Head {
  readonly request: CsvInfoRequest;
  readonly bytes: Uint8Array;
}

function look(fd: number, file: FileIdentity, { request, bytes }: Head): CsvInfo {
  const start = startOfText(file, bytes);
  const isCut = bytes.length < file.size;
  const text = headText(bytes.subarray(start), start, isCut);
  const newline = !text.includes('\n') && text.includes('\r') ? '\r' : '\n';
  const whole = isCut ? text : `${text}${newline}`;
  const { nullValues, trim } = request;
  const firstLine = whole.slice(0, Math.max(0, whole.search(/[^\r\n][\r\n]/) + 1));
  const delimiter = request.delimiter ?? delimiterOf(firstLine);
  const dialect: CsvDialect = { delimiter, newline, nullValues, trim };
  const { first, end } = firstRecord(file, whole, dialect);
  const names = namesOf(file, request, first);
  const skipped = request.header ? Buffer.byteLength(whole.slice(0, end)) : 0;
  const dataStart = Math.min(file.size, start + skipped);
  const cuts = scan(fd, file, dialect, dataStart);
  const samples = names.map(emptySample);
  sampleText(whole.slice(request.header ? end : 0), dialect, samples);
  if (isCut) sampleLater(fd, { dialect, samples }, cuts);
  return { file, dialect, names, samples, cuts };
}

/** Where the text begins: after a byte order mark. @throws CoppiceError `FILE_FORMAT` for what is no text */
function startOfText(file: FileIdentity, bytes: Uint8Array): number {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3;
  const found = otherFormat(bytes);
  if (found === null) return 0;
  throw new CoppiceError('FILE_FORMAT', `the file ${file.path} must be CSV; ${found}`, {
    context: { file: file.path },
  });
}

function headText(bytes: Uint8Array, position: number, isCut: boolean): string {
  try {
    // A stream may end inside a character.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: isCut,
    });
  } catch {
    throw notUtf8(bytes, position);
  }
}

/** The error about the first byte at fault of bytes that begin at a position of a file. */
export function notUtf8(bytes: Uint8Array, position: number): RecordFault {
  return new RecordFault(position + firstBadByte(bytes), 'its text must be UTF-8; it is not');
}

/** Where the text stops being UTF-8: the longest head that decodes, found by halving. */
function firstBadByte(piece: Uint8Array): number {
  let good = 0;
  let bad = piece.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      const head = piece.subarray(0, middle);
      new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}

function firstRecord(
  file: FileIdentity,
  text: string,
  dialect: CsvDialect,
): { first: string[]; end: number } {
  let first: string[] | undefined;
  const take = (cells: string[]): boolean => {
    first = cells;
    return false;
  };
  const end = inText(text, 0, () => parseRecords(text, dialect, take, true));
  if (first !== undefined) return { first, end };
  const why = text.trim() === '' ? 'it has none' : 'its first line does not end within 4 MiB';
  const message = `the file ${file.path} must be CSV with at least a first line; ${why}`;
  throw new CoppiceError('FILE_FORMAT', message, { context: { file: file.path } });
}

function namesOf(file: FileIdentity, request: CsvInfoRequest, first: string[]): string[] {
  const { columnNames } = request;
  if (columnNames !== undefined && columnNames.length !== first.length) {
    const message = `columnNames of read.csv must name the ${first.length} columns of ${file.path}; got ${columnNames.length} names`;
    throw new CoppiceError('PARAM_INVALID', message, { context: { file: file.path } });
  }
  const given = columnNames ?? (request.header ? first : first.map(() => ''));
  const names = given.map((name, index) => name.trim() || `_c${index}`);
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const before = seen.get(name);
    if (before !== undefined) {
      const message = `names of the columns of ${file.path} must be distinct; got "${name}" for columns ${before + 1} and ${index + 1}. Give others in its first line, or by { columnNames: […] }`;
      throw new CoppiceError('FILE_FORMAT', message, {
        context: { file: file.path, column: name },
      });
    }
    seen.set(name, index);
  }
  return names;
}

function scan(fd: number, file: FileIdentity, dialect: CsvDialect, dataStart: number): number[] {
  const scanner = new RecordScanner(dialect, blockBytes, dataStart);
  for (let at = dataStart; at < file.size; at += windowBytes) {
    const length = Math.min(windowBytes, file.size - at);
    scanner.push(Buffer.from(readFully(fd, at, length).buffer));
  }
  scanner.end();
  return [dataStart, ...scanner.starts.filter((start) => start < file.size), file.size];
}

interface Sampling {
  readonly dialect: CsvDialect;
  readonly samples: readonly ColumnSample[];
}

function sampleLater(fd: number, { dialect, samples }: Sampling, cuts: readonly number[]): void {
  const later = cuts.slice(1, -1);
  const count = Math.min(maxLaterSamples, later.length);
  for (let i = 0; i < count; i++) {
    const block = Math.floor((later.length * i) / count);
    const start = later[block] as number;
    const length = Math.min(laterBytes, (cuts[block + 2] as number) - start);
    const bytes = readFully(fd, start, length);
    // A character that is cut or wrong is the reader's business.
    sampleText(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), dialect, samples);
  }
}

function sampleText(text: string, dialect: CsvDialect, samples: readonly ColumnSample[]): void {
  const nulls = new Set(dialect.nullValues);
  const take = (cells: string[]): boolean => {
    // Rows of another length are reported, with their line, when they are read.
    if (cells.length !== samples.length) return true;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as string;
      if (!nulls.has(cell) && !nulls.has(cell.trim()))
        addToSample(samples[i] as ColumnSample, cell);
    }
    return true;
  };
  try {
    parseRecords(text, dialect, take, true);
  } catch (error) {
    // Quotes that do not match are reported likewise.
    if (!(error instanceof CellFault)) throw error;
  }
}

/** Gives faults in a text their position in the file. */
export function inText<T>(text: string, position: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CellFault)) throw error;
    const before = Buffer.byteLength(text.slice(0, error.at));
    throw new RecordFault(position + before, error.message);
  }
}
