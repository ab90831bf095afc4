/**
 * Does the documentation tell the truth?
 *
 * Every block of code in the pages and every `@example` in the sources compiles and runs, and prints what the comments
 * behind its `console.log` say. Where the links lead is in links.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, root } from '../scripts/source-stamp.mjs';
import {
  exampleScripts,
  expectedOutput,
  missingLine,
  pages,
  type Script,
  scriptsOfPage,
  textOf,
} from './tools/code-blocks.ts';
import { makeDocsFolder } from './tools/docs-folder.ts';
import { ProgramRunner } from './tools/program-runner.ts';

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
let runner: ProgramRunner;
let complaints = new Map<string, string>();

beforeAll(() => {
  folder = makeDocsFolder();
  runner = new ProgramRunner(folder);
  complaints = compile([
    ...withCode.flatMap(({ name, programs }) => writeScripts(name, programs)),
    ...writeScripts('example', examples),
  ]);
  expect(complaints.get('the compiler')).toBeUndefined();
}, 300_000);

afterAll(async () => {
  await runner.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Standard output of a program that must succeed. */
function outputOf(program: string, args: readonly string[]): string {
  const PATH = `${join(folder, 'node_modules', '.bin')}:${process.env['PATH']}`;
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, PATH },
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ended with ${signal ?? `status ${status}`}\n${stdout}\n${stderr}`);
}

/** Where a script is written to. */
const pathOf = (name: string, index: number) => join(folder, `${name}-${index}.ts`);

/** What a script prints that was compiled before. */
const printedBy = (name: string, index: number): Promise<string> =>
  runner.run(join(folder, 'compiled', `${name}-${index}.js`));

/** Writes scripts as files of the folder. */
function writeScripts(name: string, scripts: readonly Script[]): string[] {
  return scripts.map(({ code }, index) => {
    const path = pathOf(name, index);
    writeFileSync(path, `${code}\nexport {};\n`);
    return path;
  });
}

/** Compiles all files at once, into a folder of their own; returns what the compiler says of each. */
function compile(paths: readonly string[]): Map<string, string> {
  const options = {
    strict: true,
    // the strictest settings that a reader may have
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    rootDir: folder,
    outDir: join(folder, 'compiled'),
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

describe('code in the pages', () => {
  it.for(withCode)('of $page runs', { timeout: 300_000 }, async ({ name, scripts, programs }) => {
    expect(programs.map((_, index) => complaints.get(pathOf(name, index)) ?? '').join('')).toBe('');
    for (const script of scripts) {
      const { kind, where, code } = script;
      const printed =
        kind === 'sh'
          ? outputOf('bash', ['-euo', 'pipefail', '-c', code])
          : await printedBy(name, programs.indexOf(script));
      const missing = missingLine(expectedOutput(code), printed);
      expect(missing, `${where} printed\n${printed}`).toBeUndefined();
    }
  });
});

describe('examples', () => {
  it('in the sources compile, run and print what they say', { timeout: 300_000 }, async () => {
    const failures: string[] = [];
    for (const [index, { where, code }] of examples.entries()) {
      const said = complaints.get(pathOf('example', index));
      if (said !== undefined) failures.push(`${where}: ${said}`);
      try {
        const printed = await printedBy('example', index);
        const missing = missingLine(expectedOutput(code), printed);
        if (missing !== undefined)
          failures.push(`${where}: never printed "${missing}" but\n${printed}`);
      } catch (error) {
        failures.push(`${where}: ${error}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it('leave nothing open, as the programs of the pages do', async () => {
    expect(await runner.end()).toBe(true);
  });

  it.each(filesBelow(join(root, 'docs', 'examples'), '.ts'))('%s runs', (path) => {
    mkdirSync(join(folder, 'examples'), { recursive: true });
    const copy = join(folder, 'examples', basename(path));
    writeFileSync(copy, readFileSync(path));
    outputOf(process.execPath, ['--import', tsx, copy]);
  });
});
