/**
 * Does the documentation tell the truth?
 *
 * Every link leads somewhere; every block of code in the pages and every `@example` in the sources
 * compiles and runs, and prints what the comments behind its `console.log` say.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, root } from '../scripts/source-stamp.mjs';
import {
  codeBlocks,
  exampleScripts,
  expectedOutput,
  missingLine,
  type Script,
  scriptsOfPage,
  shellCommands,
} from './tools/code-blocks.ts';
import { makeDocsFolder } from './tools/docs-folder.ts';

const pages = [
  ...['README.md', 'CHANGELOG.md', 'datasets/README.md'].filter((path) =>
    existsSync(join(root, path)),
  ),
  ...filesBelow(join(root, 'docs'), '.md')
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => !path.startsWith('docs/api/')),
];
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
const withCode = pages
  .map((page) => ({ page, scripts: scriptsOfPage(page, textOf(page)) }))
  .filter(({ scripts }) => scripts.length > 0)
  .map(({ page, scripts }) => {
    const programs = scripts.filter(({ kind }) => kind === 'ts');
    return { page, name: page.replaceAll(/\W/g, '-'), scripts, programs };
  });
const examples = exampleScripts();
let folder = '';
let complaints = new Map<string, string>();

beforeAll(() => {
  folder = makeDocsFolder();
  complaints = compile([
    ...withCode.flatMap(({ name, programs }) => writeScripts(name, programs)),
    ...writeScripts('example', examples),
  ]);
  expect(complaints.get('the compiler')).toBeUndefined();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Standard output of a program that must succeed. */
function outputOf(program: string, args: readonly string[], timeout = 120_000): string {
  const PATH = `${join(folder, 'node_modules', '.bin')}:${process.env['PATH']}`;
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout,
    env: { ...process.env, PATH },
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ended with ${signal ?? `status ${status}`}\n${stdout}\n${stderr}`);
}

/** Where a script is written to. */
const pathOf = (name: string, index: number) => join(folder, `${name}-${index}.ts`);

/** Writes scripts as files of the folder. */
function writeScripts(name: string, scripts: readonly Script[]): string[] {
  return scripts.map(({ code }, index) => {
    const path = pathOf(name, index);
    writeFileSync(path, `${code}\nexport {};\n`);
    return path;
  });
}

/** Compiles all files at once; returns what the compiler says of each. */
function compile(paths: readonly string[]): Map<string, string> {
  const options = {
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
  };
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files: paths }));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config], {
    cwd: folder,
    encoding: 'utf8',
  });
  const complaints = new Map<string, string>();
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const file = /^([^(\s]+)\(/.exec(line)?.[1];
    const last = [...complaints.keys()].at(-1);
    const path = file === undefined ? (last ?? 'the compiler') : join(folder, file);
    complaints.set(path, `${complaints.get(path) ?? ''}${line}\n`);
  }
  if (status !== 0 && complaints.size === 0) throw new Error(`tsc ended with status ${status}`);
  return complaints;
}

describe('links', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
  const anchorsOf = (path: string) =>
    [...textOf(path).matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] as string));

  it.each(pages)('of %s lead to files and headings', (page) => {
    const prose = textOf(page).replace(/^```[\s\S]*?^```/gm, '');
    const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page : join(dirname(page), file);
        if (!existsSync(join(root, path))) return true;
        return anchor !== undefined && !anchorsOf(path).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('of the sources lead to pages', () => {
    const broken = filesBelow(join(root, 'src'), '.ts').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
        .map(([path]) => path)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${relative(root, file)}: ${path}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('shell blocks', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };

  it.each(pages)('of %s name npm scripts that exist', (page) => {
    const commands = codeBlocks(textOf(page))
      .filter(({ language }) => ['sh', 'bash', 'shell'].includes(language))
      .flatMap(({ code }) => shellCommands(code));
    const named = commands.flatMap((command) => [...command.matchAll(/npm run ([\w:-]+)/g)]);
    expect(named.map((match) => match[1]).filter((name) => !(`${name}` in scripts))).toEqual([]);
  });
});

describe('code in the pages', () => {
  it.for(withCode)('of $page runs', { timeout: 300_000 }, ({ name, scripts, programs }) => {
    expect(programs.map((_, index) => complaints.get(pathOf(name, index)) ?? '').join('')).toBe('');
    for (const script of scripts) {
      const { kind, where, code } = script;
      const printed =
        kind === 'sh'
          ? outputOf('bash', ['-euo', 'pipefail', '-c', code])
          : outputOf(process.execPath, ['--import', tsx, pathOf(name, programs.indexOf(script))]);
      const missing = missingLine(expectedOutput(code), printed);
      expect(missing, `${where} printed\n${printed}`).toBeUndefined();
    }
  });
});

describe('examples', () => {
  it('in the sources compile, run and print what they say', { timeout: 300_000 }, () => {
    const paths = examples.map((_, index) => pathOf('example', index));
    const wrong = examples.flatMap(({ where }, index) => {
      const said = complaints.get(paths[index] as string);
      return said === undefined ? [] : [`${where}: ${said}`];
    });
    expect(wrong).toEqual([]);
    const runner = join(root, 'test', 'tools', 'run-examples.ts');
    const lines = outputOf(process.execPath, ['--import', tsx, runner, ...paths], 280_000);
    const results = lines.trim().split('\n').map(readResult);
    const failures = results.flatMap(({ path, printed, error }) => {
      const { where, code } = examples[paths.indexOf(path)] as Script;
      const missing = missingLine(expectedOutput(code), printed);
      if (error !== null) return [`${where}: ${error}`];
      return missing === undefined ? [] : [`${where}: never printed "${missing}" but\n${printed}`];
    });
    expect(failures).toEqual([]);
    expect(results.length).toBe(examples.length);
  });

  it.each(filesBelow(join(root, 'docs', 'examples'), '.ts'))('%s runs', (path) => {
    mkdirSync(join(folder, 'examples'), { recursive: true });
    const copy = join(folder, 'examples', basename(path));
    writeFileSync(copy, readFileSync(path));
    outputOf(process.execPath, ['--import', tsx, copy]);
  });
});

function readResult(line: string): { path: string; printed: string; error: string | null } {
  return JSON.parse(line);
}
