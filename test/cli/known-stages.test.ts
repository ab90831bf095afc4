import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, it } from 'vitest';
import { filesBelow, root } from '../../scripts/source-stamp.mjs';

const src = join(root, 'src');

it('the command line can load every stage that the library registers', () => {
  const registering = filesBelow(src, '.ts')
    .filter((file) => /^registerStage\(/m.test(readFileSync(file, 'utf8')))
    .map((file) => relative(src, file).split(sep).join('/'))
    .sort();
  const known = readFileSync(join(src, 'cli', 'known-stages.ts'), 'utf8');
  const imported = [...known.matchAll(/^import '\.\.\/(.+)';$/gm)].map((match) => match[1]).sort();
  expect(imported).toEqual(registering);
});
