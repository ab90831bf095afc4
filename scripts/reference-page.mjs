// Writes docs/reference.md: every parameter of every public stage, and every error code.
//
// Usage: node scripts/reference-page.mjs [--check]. Facts (rule, default) come from the schemas in
// dist/; prose comes from the JSDoc in src/, where it stands once. `--check` fails when the page in
// the repository is not the one that would be written. Needs a build.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow, root } from './source-stamp.mjs';

const page = join(root, 'docs', 'reference.md');

const sources = filesBelow(join(root, 'src'), '.ts').map((path) =>
  ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true),
);

/** The text of a JSDoc comment on one line, `{@link X}` as X. */
function proseOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? '';
  return text
    .replace(/\{@link (\S+?)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
}

const unwrap = (node) =>
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)
    ? unwrap(node.expression)
    : node;

/** Object literals by the name of their constant (also as `file#name`) or of the owner they declare. */
function findDeclarations() {
  const byName = new Map();
  const visit = (node) => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      const value = unwrap(node.initializer);
      if (ts.isObjectLiteralExpression(value)) {
        byName.set(node.name.getText(), value);
        byName.set(`${node.getSourceFile().fileName}#${node.name.getText()}`, value);
      }
    }
    // const { left, out, ...rest } = specs
    if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
      const rest = node.name.elements.find((element) => element.dotDotDotToken !== undefined);
      if (rest !== undefined && node.initializer !== undefined)
        byName.set(
          `${node.getSourceFile().fileName}#${rest.name.getText()}`,
          unwrap(node.initializer),
        );
    }
    if (ts.isCallExpression(node) && node.expression.getText() === 'defineParams') {
      const [owner, specs] = node.arguments;
      if (ts.isStringLiteral(owner)) byName.set(owner.text, unwrap(specs));
    }
    ts.forEachChild(node, visit);
  };
  for (const source of sources) visit(source);
  return byName;
}

const declarations = findDeclarations();

/** The object literal that an identifier stands for: of its own file first. */
function declarationOf(identifier) {
  const own = `${identifier.getSourceFile().fileName}#${identifier.text}`;
  return declarations.get(own) ?? declarations.get(identifier.text);
}

/** Prose by parameter of one object literal, through its spreads. */
function proseByParam(node, found = new Map()) {
  if (node === undefined) return found;
  if (ts.isIdentifier(node)) return proseByParam(declarationOf(node), found);
  if (!ts.isObjectLiteralExpression(node)) return found;
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) proseByParam(unwrap(property.expression), found);
    else if (property.name !== undefined) found.set(property.name.getText(), proseOf(property));
  }
  return found;
}

/** Prose of a parameter wherever it is declared, for a schema that was put together by a function. */
function proseAnywhere(param) {
  for (const node of declarations.values()) {
    const prose = proseByParam(node).get(param);
    if (prose) return prose;
  }
  return '';
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

function showDefault(spec) {
  if (spec.presence === 'required') return 'required';
  if (spec.presence === 'optional') return '–';
  return `\`${typeof spec.default === 'number' ? String(spec.default) : JSON.stringify(spec.default)}\``;
}

const missing = [];

function tableOf({ owner, schema }) {
  const prose = proseByParam(declarations.get(owner));
  proseByParam(declarations.get('stageParams'), prose);
  const rows = Object.entries(schema).map(([name, spec]) => {
    const text = prose.get(name) || proseAnywhere(name);
    if (text === '') missing.push(`${owner}.${name}`);
    const notSaved = spec.noSave ? ' Not saved with the model.' : '';
    return `| \`${name}\` | ${cell(spec.rule)} | ${cell(showDefault(spec))} | ${cell(text)}${notSaved} |`;
  });
  return ['| parameter | must be | default | what it does |', '| --- | --- | --- | --- |', ...rows];
}

function errorTable() {
  const file = readFileSync(join(root, 'src', 'base', 'errors.ts'), 'utf8');
  const exits = readFileSync(join(root, 'src', 'cli', 'exit-codes.ts'), 'utf8');
  const rows = [...file.matchAll(/\/\*\* (.*?) \*\/\s*\| '([A-Z_]+)'/g)].map(([, text, code]) => {
    const exit = new RegExp(`\\b${code}: (\\d+)`).exec(exits)?.[1];
    if (exit === undefined) missing.push(`exit code of ${code}`);
    return `| \`${code}\` | ${exit} | ${cell(text)} |`;
  });
  return ['| code | exit code | meaning |', '| --- | --- | --- |', ...rows];
}

const api = await import(new URL('../dist/index.js', import.meta.url));
const schemas = new Map();
for (const value of Object.values(api)) {
  const schema = typeof value === 'function' ? value.paramSchema : undefined;
  if (schema !== undefined) schemas.set(schema.owner, schema);
}
const owners = [...schemas.keys()].filter((owner) => !owner.endsWith('Model')).sort();

const text = [
  '# Parameters and error codes',
  '',
  'Made by `npm run reference` from the sources; do not edit by hand.',
  '',
  'Every constructor takes one object of options with the names below.',
  '',
  '## Parameters',
  '',
  ...owners.flatMap((owner) => [`### ${owner}`, '', ...tableOf(schemas.get(owner)), '']),
  '## Error codes',
  '',
  'A `CoppiceError` has one of these codes in `code`. The command line ends with the exit code beside it.',
  '',
  ...errorTable(),
  '',
].join('\n');

if (missing.length > 0) {
  console.error(`reference: nothing is said about ${missing.join(', ')}`);
  process.exit(1);
}
if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (readFileSync(page, 'utf8') !== text) {
  console.error('reference: docs/reference.md is stale; run `npm run reference` and commit it');
  process.exit(1);
}
console.log(`reference: ${owners.length} stages`);
