/**
 * How the text of a CSV file is to be taken: what stands between cells and records, which cells are
 * missing values. Quotes are `"`, doubled inside a quoted cell; text is UTF-8, with or without a mark.
 */
import { paramInvalid } from '../../params/resolve-params.ts';

/** What a file's text means; plain data. */
export interface CsvDialect {
  readonly delimiter: string;
  /** `\n` also reads `\r\n`; `\r` alone is for old files that have no other. */
  readonly newline: '\n' | '\r';
  readonly nullValues: readonly string[];
  /** Drop spaces around cells of text too; around other values they never count. */
  readonly trim: boolean;
}

/** Cells that are missing values unless told otherwise. */
export const defaultNullValues: readonly string[] = [
  '',
  'NA',
  'N/A',
  'n/a',
  'NaN',
  'nan',
  'null',
  'NULL',
];

const candidates = [',', '\t', ';', '|'];

/** The delimiter that a record has most of outside quotes; a comma when it has none. */
export function delimiterOf(record: string): string {
  const unquoted = record.replaceAll(/"[^"]*"/g, '');
  let best = ',';
  let most = 0;
  for (const candidate of candidates) {
    const count = unquoted.split(candidate).length - 1;
    if (count <= most) continue;
    best = candidate;
    most = count;
  }
  return best;
}

/** Refuses what cannot stand between cells. @throws CoppiceError `PARAM_INVALID` */
export function checkDelimiter(delimiter: unknown, owner: string): void {
  const isOne = typeof delimiter === 'string' && /^[\t\x20-\x7e]$/.test(delimiter);
  if (isOne && delimiter !== '"') return;
  throw paramInvalid(owner, 'delimiter', 'one ASCII character, not a quote or line end', delimiter);
}
