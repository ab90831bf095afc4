/**
 * Does the documentation point to what is there? Every link leads somewhere, and every npm script that a page names is
 * one. What the code in the pages does is in docs.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, root } from '../scripts/source-stamp.mjs';
import { codeBlocks, pages, shellCommands, textOf } from './tools/code-blocks.ts';

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
