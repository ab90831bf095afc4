// May we ship on these dependencies, and do we say whose they are?
//
// Every production dependency in package-lock.json must have a licence of the list below.
// `node scripts/licences.mjs` writes THIRD-PARTY-NOTICES; `--check` fails when it is stale.
// The text comes from the lock and from node_modules alone, so it is the same on every platform:
// optional packages (one a platform) are named with their licence, but their text is not copied.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const allowed = new Set(['MIT', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'Apache-2.0', '0BSD']);
const root = fileURLToPath(new URL('..', import.meta.url));
const noticesFile = join(root, 'THIRD-PARTY-NOTICES');

/** `MIT OR Apache-2.0` needs one allowed side, `MIT AND ISC` needs both. */
function isAllowed(expression) {
  return expression
    .replace(/[()]/g, '')
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((licence) => allowed.has(licence.trim())));
}

function productionPackages() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.dev && !entry.devOptional && !entry.peer)
    .map(([path, entry]) => ({
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version,
      licence: entry.license ?? 'none given',
      optional: entry.optional === true,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function licenceTexts(path) {
  const folder = join(root, path);
  if (!existsSync(folder)) throw new Error(`licences: ${path} is not installed; run npm ci first`);
  return readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|copyrightnotice|notice)/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

function notices(packages) {
  const parts = [
    'Coppice uses the packages below. Each stays under its own licence.',
    'Made by `npm run licences` from package-lock.json; do not edit by hand.',
  ];
  for (const { path, name, version, licence, optional } of packages) {
    const text = optional ? ['(optional; its text comes with the package)'] : licenceTexts(path);
    parts.push('-'.repeat(78), `${name} ${version}\nLicence: ${licence}`, ...text);
  }
  return `${parts.join('\n\n')}\n`;
}

const packages = productionPackages();
const refused = packages.filter(({ licence }) => !isAllowed(licence));
for (const { name, version, licence } of refused) {
  console.error(`licences: ${name} ${version} has the licence ${licence}, which is not allowed`);
}
if (refused.length > 0) process.exit(1);

const text = notices(packages);
if (!process.argv.includes('--check')) {
  writeFileSync(noticesFile, text);
} else if (!existsSync(noticesFile) || readFileSync(noticesFile, 'utf8') !== text) {
  console.error('licences: THIRD-PARTY-NOTICES is stale; run `npm run licences` and commit it');
  process.exit(1);
}
console.log(`licences: ${packages.length} production packages, all allowed`);
