/**
 * Which code stands in the pages and in the `@example`s, and which scripts does it make?
 *
 * A TypeScript block that imports something begins a script; a block without imports goes on with
 * the script before it on the same page. A shell block is run when every command of it is `coppice`
 * or `npx coppice`; of the others only the names of npm scripts can be checked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { filesBelow, root } from '../../scripts/source-stamp.mjs';

/** The pages of the documentation. */
export const pages = [
  ...['README.md', 'CHANGELOG.md', 'datasets/README.md'].filter((path) =>
    existsSync(join(root, path)),
  ),
  ...filesBelow(join(root, 'docs'), '.md')
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => !path.startsWith('docs/api/')),
];

/** The text of a page. */
export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** One fenced block. */
export interface CodeBlock {
  readonly language: string;
  readonly line: number;
  readonly code: string;
}

/** Something that can be run. */
export interface Script {
  readonly kind: 'ts' | 'sh';
  /** `docs/guides/x.md:12`. */
  readonly where: string;
  readonly code: string;
}

const fence = /^```([\w-]*)[^\n]*\n([\s\S]*?)^```[ \t]*$/gm;

/** The fenced blocks of a markdown text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(fence)].map((match) => ({
    language: match[1] ?? '',
    line: markdown.slice(0, match.index).split('\n').length,
    code: match[2] ?? '',
  }));
}

const typeScript = new Set(['ts', 'typescript', 'js', 'javascript', 'mjs']);
const shell = new Set(['sh', 'bash', 'shell']);

/** The commands of a shell block, lines that end in a backslash joined. */
export function shellCommands(code: string): string[] {
  return code
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The scripts of a page, in order. */
export function scriptsOfPage(path: string, markdown: string): Script[] {
  const scripts: Script[] = [];
  for (const { language, line, code } of codeBlocks(markdown)) {
    const where = `${path}:${line}`;
    if (typeScript.has(language)) {
      const last = scripts.findLastIndex(({ kind }) => kind === 'ts');
      const before = scripts[last];
      if (before === undefined || /^import\b/m.test(code))
        scripts.push({ kind: 'ts', where, code });
      else scripts[last] = { ...before, code: `${before.code}\n${code}` };
    } else if (shell.has(language)) {
      const isOurs = shellCommands(code).every((command) => /^(npx )?coppice\b/.test(command));
      if (isOurs) scripts.push({ kind: 'sh', where, code });
    }
  }
  return scripts;
}

/** The examples in the TSDoc of src/, each a script of its own. */
export function exampleScripts(): Script[] {
  return filesBelow(join(root, 'src'), '.ts').flatMap((file) => {
    const path = relative(root, file).split(sep).join('/');
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
      const [, ...examples] = comment[0].replace(/^[ \t]*\* ?/gm, '').split(/^@example\b/m);
      const line = text.slice(0, comment.index).split('\n').length;
      return examples.flatMap((example) =>
        codeBlocks(example).map(
          ({ code }): Script => ({ kind: 'ts', where: `${path}:${line}`, code }),
        ),
      );
    });
  });
}

/** What the script says it prints: the comments behind its calls of console.log. */
export function expectedOutput(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\);[ \t]*\/\/[ \t]*(.+)$/gm)].map((match) =>
    (match[1] as string).trim(),
  );
}

/** The first expected line that does not come, in order, in what was printed; undefined if none. */
export function missingLine(expected: readonly string[], printed: string): string | undefined {
  const lines = printed.split('\n').map((line) => line.trim());
  let from = 0;
  for (const text of expected) {
    const found = lines.indexOf(text, from);
    if (found < 0) return text;
    from = found + 1;
  }
  return undefined;
}
