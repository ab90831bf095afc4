/** The code of the README runs, types unchecked; that of all pages, its types too, is in docs.test.ts. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, expect, it } from 'vitest';
import { expectedOutput, missingLine, scriptsOfPage, textOf } from './tools/code-blocks.ts';
import { makeDocsFolder } from './tools/docs-folder.ts';
import { ProgramRunner } from './tools/program-runner.ts';

const folder = makeDocsFolder();
const runner = new ProgramRunner(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs what the README shows in a script', async () => {
  const programs = scriptsOfPage('README.md', textOf('README.md')).filter(
    ({ kind }) => kind === 'ts',
  );
  expect(programs.length).toBeGreaterThan(0);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  for (const [index, { code }] of programs.entries()) {
    const path = join(folder, `readme-${index}.js`);
    writeFileSync(path, ts.transpileModule(code, { compilerOptions }).outputText);
    expect(missingLine(expectedOutput(code), await runner.run(path))).toBeUndefined();
  }
  // nothing is left open
  expect(await runner.end()).toBe(true);
});
