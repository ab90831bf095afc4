/**
 * The file that lets a search that was cut short go on: one line of JSON for what was tried on which data, then
 * one line for each metric. A line is on the disk before the next trial begins to count on it.
 *
 *     {"format":"coppice trials","version":1,"library":"0.1.0","data":"…","estimator":"…","evaluator":"…","splits":{…}}
 *     {"params":{"maxDepth":3},"round":0,"split":2,"metric":0.8125}
 *
 * A last line that was cut is dropped. A file of other data or of another search is refused, never overwritten.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoppiceError } from '../../base/errors.ts';
import { isPlainObject, type Json, type JsonObject } from '../../base/json.ts';
import { fileWriteError, syncFolder } from '../../base/write-durably.ts';
import type { Evaluator } from '../../evaluation/evaluators/evaluator.ts';
import type { Estimator } from '../../pipeline/estimator.ts';
import { libraryVersion } from '../../pipeline/format-version.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { type ParamMap, withoutUids } from './param-map.ts';
import { tableFingerprint } from './table-fingerprint.ts';

/** What makes two searches the same but for their candidates. */
export interface SearchIdentity {
  /** The class that searches, for errors. */
  readonly owner: string;
  readonly estimator: Estimator;
  readonly evaluator: Evaluator;
  /** How rows are split: everything that decides it. */
  readonly splits: JsonObject;
  /** The tables that are learned from and watched. */
  readonly tables: readonly PartitionedTable[];
  readonly signal: AbortSignal | undefined;
}

type Header = Readonly<Record<'data' | 'estimator' | 'evaluator' | 'splits' | 'library', string>>;

const format = 'coppice trials';
const what = {
  library: 'version of coppice',
  data: 'data',
  estimator: 'estimator',
  evaluator: 'evaluator',
  splits: 'folds or seed',
} as const;

/** An open file of results. */
export class TrialResults {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #known: Map<string, number>;
  #end: number;
  #turn: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, path: string, read: ReadResults) {
    this.#file = file;
    this.#path = path;
    this.#known = read.known;
    this.#end = read.end;
  }

  /**
   * Opens or makes a file of results.
   *
   * @throws CoppiceError `PARAM_INVALID` for a file of another search, `FILE_FORMAT`, `FILE_WRITE`
   */
  static async open(path: string, identity: SearchIdentity): Promise<TrialResults> {
    const header = await headerOf(identity);
    const file = await openFile(path);
    try {
      const bytes = await file.readFile();
      const end = bytes.lastIndexOf(10) + 1;
      const lines = new TextDecoder().decode(bytes.subarray(0, end)).split('\n').slice(0, -1);
      const known = readLines(lines, path, { header, owner: identity.owner });
      const results = new TrialResults(file, path, { known, end });
      await file.truncate(end);
      if (lines.length === 0) {
        await results.#append({ format, version: 1, ...header });
        await syncFolder(dirname(path));
      }
      return results;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** How many metrics are known. */
  get size(): number {
    return this.#known.size;
  }

  /** The metric of a trial that was made before. */
  metricOf(params: ParamMap, round: number, split: number): number | undefined {
    return this.#known.get(keyOf(params, round, split));
  }

  /** Keeps a metric; it is on the disk when the call returns. */
  async record(trial: {
    readonly params: ParamMap;
    readonly round: number;
    readonly split: number;
    readonly metric: number;
  }): Promise<void> {
    const { params, round, split, metric } = trial;
    this.#known.set(keyOf(params, round, split), metric);
    const saved = Number.isFinite(metric) ? metric : String(metric);
    await this.#append({ params, round, split, metric: saved });
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }

  /** One line after another, however many trials end at once. */
  async #append(line: Json): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    const turn = this.#turn.then(async () => {
      try {
        for (let done = 0; done < bytes.length; ) {
          const at = this.#end + done;
          done += (await this.#file.write(bytes, done, bytes.length - done, at)).bytesWritten;
        }
        this.#end += bytes.length;
        await this.#file.sync();
      } catch (cause) {
        throw fileWriteError(this.#path, cause);
      }
    });
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

interface ReadResults {
  readonly known: Map<string, number>;
  /** Bytes of whole lines. */
  readonly end: number;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return await open(path, 'wx+');
    });
  } catch (cause) {
    throw fileWriteError(path, cause);
  }
}

async function headerOf(identity: SearchIdentity): Promise<Header> {
  const { estimator, evaluator, splits, tables, signal } = identity;
  const prints: string[] = [];
  for (const table of tables) prints.push(await tableFingerprint(table, { signal }));
  return {
    library: libraryVersion,
    data: digest(prints.join(' ')),
    estimator: withoutUids(estimator).uid,
    evaluator: withoutUids(evaluator).uid,
    splits: digest(canonical(splits)),
  };
}

function readLines(
  lines: readonly string[],
  path: string,
  wanted: { readonly header: Header; readonly owner: string },
): Map<string, number> {
  const known = new Map<string, number>();
  for (const [i, text] of lines.entries()) {
    const line = parsed(text);
    if (i === 0) {
      if (line['format'] !== format || line['version'] !== 1) throw notOurs(path);
      const other = (Object.keys(what) as (keyof Header)[]).find(
        (key) => line[key] !== wanted.header[key],
      );
      if (other !== undefined) throw ofAnother(path, wanted.owner, what[other]);
      continue;
    }
    const { params, round, split, metric } = line;
    const value = typeof metric === 'string' ? Number(metric) : metric;
    if (!isPlainObject(params) || typeof value !== 'number') throw notOurs(path);
    if (typeof round !== 'number' || typeof split !== 'number') throw notOurs(path);
    known.set(keyOf(params as ParamMap, round, split), value);
  }
  return known;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : {};
  } catch {
    return {};
  }
}

function keyOf(params: ParamMap, round: number, split: number): string {
  return `${round} ${split} ${canonical(params)}`;
}

/** The text of a value whatever the order of its keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, item: unknown) =>
    isPlainObject(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function notOurs(path: string): CoppiceError {
  return new CoppiceError(
    'FILE_FORMAT',
    `the file ${path} must hold the results of a search; it holds something else: give another path`,
    { context: { file: path } },
  );
}

function ofAnother(path: string, owner: string, part: string): CoppiceError {
  return new CoppiceError(
    'PARAM_INVALID',
    `resultsFile of ${owner} must hold results of the same search; got ${path}, which has another ${part}: ` +
      'give another path, or remove the file',
    { context: { owner, param: 'resultsFile', file: path } },
  );
}
