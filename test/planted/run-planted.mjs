// Would the tests notice? Plants one bug after another and expects some test to fail.
//
// Usage: node test/planted/run-planted.mjs [--record] [--green] [name...]. Each bug of bugs.mjs is applied to a copy
// of the tree, what it touches is compiled, and the tests named beside the bug are run there until the first one
// fails: first the one that caught it when caught-by.json was written (`--record` writes it), then all of them.
// Before that all these tests must pass on a copy as it is; `--green` says that they were just seen to. A copy for
// each core, two at most, so that one builds while another tests.

import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plantedBugs } from './bugs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const caughtByFile = fileURLToPath(new URL('caught-by.json', import.meta.url));
const caughtBy = JSON.parse(readFileSync(caughtByFile, 'utf8'));
const copied = ['src', 'test', 'wasm', 'datasets', 'types', 'scripts', 'dist'];
const stamp = join('node_modules', '.cache', 'coppice', 'build-stamp.json');
const configs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'vitest.config.ts'];

/** A copy of the tree whose packages are links; its build cache is its own. */
function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), 'coppice-planted-'));
  for (const name of [...copied, ...configs]) {
    cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  }
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === '.cache' || name.startsWith('.vite')) continue;
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  }
  const cache = join('node_modules', '.cache', 'coppice');
  cpSync(join(root, cache), join(copy, cache), { recursive: true });
  return copy;
}

/** Applies the edits of a bug. */
function plant(copy, { name, edits }) {
  for (const { file, find, replace } of edits) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    const places = text.split(find).length - 1;
    if (places !== 1)
      throw new Error(`planted bug "${name}": ${file} has ${places} places like: ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
}

/** Takes a bug out again: the tree's own sources, and what was built from them. */
function uproot(copy, { edits }) {
  for (const { file } of edits) {
    const built = file.startsWith('wasm/')
      ? join('wasm', 'build', 'kernels.wasm')
      : file.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js');
    for (const path of [file, built]) cpSync(join(root, path), join(copy, path));
  }
  cpSync(join(root, stamp), join(copy, stamp));
}

/** Runs Node in a copy to its end, killed after five minutes. */
function runNode(copy, words, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, {
      cwd: copy,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
    });
    let output = '';
    const add = (text) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
}

/**
 * The first test that fails and its file, or how else the run ended; null when none fails.
 * `name`: only that test.
 */
async function firstFailure(copy, tests, name) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  // compiled modules are kept by their content: a bug changes one file of hundreds
  const flags = ['--reporter=json', `--outputFile=${report}`, '--bail=1'];
  flags.push('--experimental.fsModuleCache');
  if (name !== undefined) flags.push('-t', name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  const env = { ...process.env, COPPICE_FIRST_FAILURE: '1' };
  for (const name of ['COPPICE_REPORT_DIR', 'COPPICE_SUITE_LOG', 'COPPICE_REQUIRE'])
    delete env[name];
  const { status, output } = await runNode(copy, [vitest, 'run', ...tests, ...flags], env);
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    throw new Error(`the tests did not report:\n${output}`);
  }
  for (const { name: file, assertionResults } of results) {
    const failed = assertionResults.find((result) => result.status === 'failed');
    if (failed !== undefined) return { test: failed.fullName, file: relative(copy, file) };
  }
  // a process that fell over, or an error that no test waited for
  return status === 0 ? null : { test: `the run ended with ${status}` };
}

/** Plants bugs in one copy until none is left; returns how many were caught. */
async function catchBugs(copy, queue) {
  let caught = 0;
  for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
    const start = performance.now();
    plant(copy, bug);
    const build = await runNode(copy, [
      'scripts/build.mjs',
      '--only',
      ...bug.edits.map(({ file }) => file),
    ]);
    if (build.status !== 0) throw new Error(`"${bug.name}" does not build:\n${build.output}`);
    const known = caughtBy[bug.name];
    const isThere = known !== undefined && existsSync(join(copy, known.file));
    let failure = isThere ? await firstFailure(copy, [known.file], known.test) : null;
    failure ??= await firstFailure(copy, bug.tests);
    if (failure !== null) {
      caught += 1;
      if (failure.file !== undefined) caughtBy[bug.name] = failure;
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(
      `${failure === null ? 'MISSED' : 'caught'} ${seconds} s  ${bug.name}${failure === null ? '' : `: ${failure.test}`}`,
    );
    uproot(copy, bug);
  }
  return caught;
}

const words = process.argv.slice(2);
const [record, green] = ['--record', '--green'].map((word) => words.includes(word));
const wanted = words.filter((word) => !word.startsWith('--'));
const bugs = plantedBugs.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const copies = [];
let caught = 0;
try {
  const first = copyTree();
  copies.push(first);
  const tests = [...new Set(bugs.flatMap((bug) => bug.tests))];
  const falseAlarm = green ? null : await firstFailure(first, tests);
  if (falseAlarm !== null) throw new Error(`without any bug this test fails: ${falseAlarm.test}`);
  const numCopies = Math.min(2, availableParallelism(), bugs.length);
  while (copies.length < numCopies) copies.push(copyTree());
  const queue = [...bugs];
  const counts = await Promise.all(copies.map((copy) => catchBugs(copy, queue)));
  caught = counts.reduce((sum, count) => sum + count, 0);
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
}
if (record) {
  const sorted = Object.entries(caughtBy).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(caughtByFile, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
console.log(`${caught} of ${bugs.length} planted bugs were caught`);
process.exit(caught === bugs.length ? 0 : 1);
