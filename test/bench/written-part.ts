/** Parts of docs/performance.md that a measurement writes: each between two marks that name its script. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './bench-home.ts';

/** Replaces what stands between the marks of an npm script, in order. @throws Error where the page has too few */
export function replaceBetween(script: string, ...texts: readonly string[]): void {
  const path = join(repository, 'docs', 'performance.md');
  const begin = `<!-- made by \`npm run ${script} -- --write\`; do not edit by hand -->`;
  const end = `<!-- end of what \`npm run ${script}\` writes -->`;
  let page = readFileSync(path, 'utf8');
  let from = 0;
  for (const text of texts) {
    from = page.indexOf(begin, from);
    const to = page.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`${path} must have ${texts.length} pairs of ${begin}`);
    page = `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
    from += begin.length;
  }
  writeFileSync(path, page);
}
