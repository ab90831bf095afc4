/** Parts of docs/performance.md that a measurement writes: between two marks of its name. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../bench-home.ts';

/** Replaces what stands between the marks. @throws Error where the page has no such marks */
export function replaceBetween(name: string, text: string): void {
  const path = join(repository, 'docs', 'performance.md');
  const page = readFileSync(path, 'utf8');
  const begin = `<!-- made by \`npm run bench:${name} -- --write\`; do not edit by hand -->`;
  const end = `<!-- end of what bench:${name} writes -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} must have the marks of bench:${name}`);
  writeFileSync(path, `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`);
}
