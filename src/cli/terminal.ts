/**
 * Where the command line writes: results to stdout, everything else to stderr. With `--json` stdout gets
 * exactly one JSON object. Tests put arrays in place of the streams.
 */
import { styleText } from 'node:util';
import type { ErrorRecord } from '../base/errors.ts';
import type { Json } from '../base/json.ts';

/** The part of a stream that is used. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** A value for `--json`; NaN and infinities, which JSON has not, become null. */
export type Printable =
  | Json
  | undefined
  | readonly Printable[]
  | { readonly [key: string]: Printable };

/** The two outputs of a command. */
export class Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly isJson: boolean;
  readonly #isQuiet: boolean;

  constructor(options: {
    readonly stdout: OutputStream;
    readonly stderr: OutputStream;
    readonly isJson: boolean;
    readonly isQuiet: boolean;
  }) {
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    this.isJson = options.isJson;
    this.#isQuiet = options.isQuiet;
  }

  /** The result: as JSON where that was asked for, else as text. */
  result(value: Printable, text: string): void {
    this.stdout.write(this.isJson ? `${JSON.stringify(value)}\n` : withNewline(text));
  }

  /** A remark on stderr; silent with `--quiet`. */
  note(text: string): void {
    if (!this.#isQuiet) this.stderr.write(`${text}\n`);
  }

  /** A warning on stderr. */
  warn(text: string): void {
    this.stderr.write(`${this.#style('yellow', 'warning')}: ${text}\n`);
  }

  /** An error: the sentence and its code on stderr, and as the JSON object. */
  fail(error: ErrorRecord): void {
    const { code, message, context } = error;
    this.stderr.write(`${this.#style('red', 'error')} ${code}: ${message}\n`);
    if (this.isJson)
      this.stdout.write(`${JSON.stringify({ error: { code, message, context } })}\n`);
  }

  /** True when a progress line may rewrite itself. */
  get showsProgress(): boolean {
    return !this.#isQuiet;
  }

  #style(colour: 'red' | 'yellow', text: string): string {
    if (this.stderr.isTTY !== true) return text;
    return styleText(colour, text, { stream: process.stderr });
  }
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
