/**
 * Do the files keep the rules of docs/architecture.md that no compiler sees?
 *
 * Plain text searches over src/ and wasm/: where bytes cross, which clocks and platform functions
 * may be called, and whether the table "Where is…?" still tells the truth.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, root } from '../scripts/source-stamp.mjs';

interface SourceLine {
  readonly path: string;
  readonly line: number;
  readonly code: string;
}

/** The lines of all sources below a folder, comments blanked. */
function codeLines(folder: string): SourceLine[] {
  return filesBelow(join(root, folder), '.ts').flatMap((file) => {
    const text = readFileSync(file, 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
      .replace(/(^|[\s;{}()])\/\/[^\n]*/g, '$1');
    const path = relative(root, file).split(sep).join('/');
    return text.split('\n').map((code, index) => ({ path, line: index + 1, code }));
  });
}

const sourceLines = codeLines('src');

/** `path:line: code` of each line that matches, outside the allowed paths. */
function findings(pattern: RegExp, allowed: readonly string[] = []): string[] {
  return sourceLines
    .filter(({ path, code }) => pattern.test(code) && !allowed.some((a) => path.startsWith(a)))
    .map(({ path, line, code }) => `${path}:${line}: ${code.trim()}`);
}

describe('where bytes cross', () => {
  it('sends messages to threads and sockets only in src/cluster', () => {
    expect(findings(/\bpostMessage\b|\bsocket\.write\b/i, ['src/cluster/'])).toEqual([]);
  });
});

describe('what comes from elsewhere', () => {
  it('is never evaluated, and no secret is compared but in constant time', () => {
    const runsCode = /\beval\(|\bnew Function\(|['"](node:)?vm['"]/;
    // asks the engine for its garbage collector, by a text that stands there; imports the package of the GPU
    const gpu = 'src/tree/backend/gpu/open-device.ts';
    expect(findings(runsCode, [gpu])).toEqual([]);
    const compared = /\b(mac|token|secret)\b (!==|===) (?!undefined|null|''|'|`)/;
    expect(findings(compared, ['src/params/', 'src/ensemble/'])).toEqual([]);
    const imported = /\bawait import\((?!['"])/;
    expect(findings(imported, ['src/base/user-function.ts', gpu])).toEqual([]);
  });
});

describe('determinism', () => {
  it('draws no random number but from the counter-based generator', () => {
    expect(findings(/\bMath\.random\b|\bgetRandomValues\b/)).toEqual([]);
  });

  it('calls no function of the platform whose last bit differs between machines', () => {
    const platformMath =
      /\bMath\.(expm?1?|log(2|10|1p)?|pow|cbrt|hypot|a?(sin|cos|tan)h?|atan2)\b|[\w)\]] \*\* [-\w([]/;
    // exact: powers of two with whole exponents, and big integers
    const exactPower = /(?<![\w.])(2 \*\* (-?\w+|\()|\d+n \*\* )/g;
    const found = sourceLines
      .filter(({ code }) => platformMath.test(code.replaceAll(exactPower, '0')))
      .map(({ path, line, code }) => `${path}:${line}: ${code.trim()}`);
    expect(found).toEqual([]);
  });

  it('reads the clock only to show progress and to end waits', () => {
    const mayReadTheClock = [
      'src/base/progress.ts',
      'src/base/switch-in.ts', // how old is what a dead writer left behind?
      'src/cluster/',
      'src/table/http/', // deadlines of requests
      'src/training/progress-pace.ts',
      'src/training/forest/tree-turns.ts', // which process grows a tree, which the tree cannot show
      'src/tree/backend/gpu/probe-main.ts', // how fast a GPU is; for `doctor` alone
      'src/spark/', // deadlines of calls
      'src/training/rank-result.ts', // how long each phase of a fit took; never saved
      'src/session/',
      'src/cli/',
    ];
    const clock = /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/;
    expect(findings(clock, mayReadTheClock)).toEqual([]);
  });

  it('orders text by its bytes, never by the locale', () => {
    expect(findings(/\blocaleCompare\b|\btoLocale\w+\b|\bIntl\./)).toEqual([]);
  });

  it('asks for the machine, the process and the environment only where no result is made', () => {
    const mayAsk = [
      'src/base/allowed-paths.ts', // which folders an executor's operator allowed
      'src/base/allowed-urls.ts', // and which URLs
      'src/base/switch-in.ts', // the names of temporary folders
      'src/base/write-durably.ts',
      'src/cluster/executors/', // the key of a gang and the numbers of a greeting, which nobody may guess
      'src/cluster/tcp/', // the key of a gang, which nobody may guess
      'src/kernels/choose.ts', // COPPICE_KERNELS=reference
      'src/tree/backend/gpu/open-device.ts', // which driver, and whether a software one will do
      'src/tree/backend/gpu/probe-device.ts', // the same settings, as a key
      'src/table/http/', // the name of the machine that asked, for messages
      'src/table/files/file-sink.ts', // the names of temporary files
      'src/table/sql/', // where DuckDB's temporary files go
      'src/cluster/tcp/', // the secret that the processes of a gang share
      'src/spark/', // the server's address and token; a member's pipes
      'src/ensemble/model/shared-trees.ts', // names a loaded model in the memory of workers
      'src/session/',
      'src/cli/',
    ];
    const machine =
      /['"]node:os['"]|\bprocess\.(pid|env|arch|platform)\b|\brandomUUID\b|\brandomBytes\b/;
    expect(findings(machine, mayAsk)).toEqual([]);
  });

  it('keeps relaxed SIMD out of the kernels', () => {
    const relaxed = codeLines('wasm').filter(({ code }) => /relaxed/.test(code));
    expect(relaxed).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
  const table = page.split(/^## Where is…\?$/m)[1]?.split(/^## /m)[0] ?? '';
  const paths = [...table.matchAll(/`((?:src|wasm|test|docs|datasets|scripts|\.ci)[^`\s]*)`/g)].map(
    (match) => match[1] as string,
  );

  it('names a fair number of places', () => {
    expect(paths.length).toBeGreaterThan(15);
  });

  it.each(paths)('names %s, which exists', (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });
});

describe('package-lock.json', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string; resolved?: string }>;
  };
  const entries = Object.entries(lock.packages).filter(([path]) => path !== '');

  it('names no registry, so that any may be used', () => {
    expect(entries.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  it('has the version and hash of every package, those of other platforms too', () => {
    const incomplete = entries.filter(([, { version, integrity }]) => !version || !integrity);
    expect(incomplete).toEqual([]);
  });
});
