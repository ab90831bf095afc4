/** Takes text apart into records and cells; papaparse is the tokenizer. */
import Papa from 'papaparse';
import type { CsvDialect } from './csv-dialect.ts';

/** An error about the record at a position of the text. */
export class CellFault extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Takes one record; false ends the parsing. */
export type OnRecord = (cells: string[], at: number) => boolean;

interface StepResult {
  readonly data: string[][];
  readonly errors: readonly { readonly code: string }[];
  readonly meta: { readonly cursor: number };
}

/**
 * Hands out the records of a text that ends with a line end; blank lines are none.
 *
 * @param isCut true when the text may end inside a record, which is then left out
 * @returns the position after the last record that was handed out
 * @throws CellFault for quotes that do not match, and whatever `onRecord` throws
 */
export function parseRecords(
  text: string,
  dialect: CsvDialect,
  onRecord: OnRecord,
  isCut = false,
): number {
  const { delimiter, newline } = dialect;
  let at = 0;
  let stopped = false;
  const step = (result: StepResult): void => {
    const start = at;
    if (result.errors.length > 0) throw badQuotes(start);
    at = result.meta.cursor;
    const cells = result.data[0] as string[];
    const last = cells.at(-1) as string;
    if (newline === '\n' && last.endsWith('\r')) cells[cells.length - 1] = last.slice(0, -1);
    // A lone quoted cell may be empty; a blank line is no record.
    if (cells.length === 1 && cells[0] === '' && text[start] !== '"') return;
    if (onRecord(cells, start)) return;
    stopped = true;
    parser.abort();
  };
  const parser = new Papa.Parser({ delimiter, newline, quoteChar: '"', step: step as never });
  // The last row is what stands after the last line end: nothing, or a record that is cut.
  parser.parse(text, 0, true);
  if (!stopped && !isCut && at !== text.length) throw badQuotes(at);
  return at;
}

function badQuotes(at: number): CellFault {
  const rule = 'a quoted cell must end with a quote before the delimiter or line end';
  return new CellFault(at, `${rule}, and quotes inside it must be doubled`);
}
