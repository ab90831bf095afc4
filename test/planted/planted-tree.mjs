// A copy of the tree in which bugs are planted, one after another.

import { fork, spawn } from 'node:child_process';
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
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copied = ['src', 'test', 'wasm', 'datasets', 'types', 'scripts', 'dist'];
const cache = join('node_modules', '.cache', 'coppice');
const configs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'vitest.config.ts'];

/** Any run is killed after five minutes. */
const mostMilliseconds = 300_000;

/** The environment of tests that need only say whether they fail. */
function testEnv() {
  const env = { ...process.env, COPPICE_FIRST_FAILURE: '1' };
  for (const name of ['COPPICE_REPORT_DIR', 'COPPICE_SUITE_LOG', 'COPPICE_REQUIRE'])
    delete env[name];
  return env;
}

export class PlantedTree {
  #folder = mkdtempSync(join(tmpdir(), 'coppice-planted-'));
  /** The process of test-server.mjs; null until it is asked something, and after it died. */
  #server = null;
  /** Files of src that are no longer what the server compiled last. */
  #changed = new Set();

  /** A copy of the tree whose packages are links; its build cache is its own. */
  constructor() {
    for (const name of [...copied, ...configs]) {
      const options = { recursive: true, preserveTimestamps: true };
      cpSync(join(root, name), this.#path(name), options);
    }
    mkdirSync(this.#path('node_modules'));
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name === '.cache' || name.startsWith('.vite')) continue;
      symlinkSync(join(root, 'node_modules', name), this.#path('node_modules', name));
    }
    cpSync(join(root, cache), this.#path(cache), { recursive: true });
  }

  #path(...parts) {
    return join(this.#folder, ...parts);
  }

  /** Applies the edits of a bug. */
  plant({ name, edits }) {
    for (const { file, find, replace } of edits) {
      const path = this.#path(file);
      const text = readFileSync(path, 'utf8');
      const places = text.split(find).length - 1;
      if (places !== 1)
        throw new Error(`planted bug "${name}": ${file} has ${places} places like: ${find}`);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
      if (file.startsWith('src/')) this.#changed.add(file);
    }
  }

  /** Takes a bug out again: the tree's own sources, and what was built from them. */
  uproot({ edits }) {
    for (const { file } of edits) {
      const built = file.startsWith('wasm/')
        ? join('wasm', 'build', 'kernels.wasm')
        : file.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js');
      for (const path of [file, built]) cpSync(join(root, path), this.#path(path));
      if (file.startsWith('src/')) this.#changed.add(file);
    }
    const stamp = join(cache, 'build-stamp.json');
    cpSync(join(root, stamp), this.#path(stamp));
  }

  /**
   * How the test that is known to fail does, null when it passes or is not there any more. `dist` has the bug then;
   * the bundle, which few tests load, has not.
   */
  async knownFailure({ edits }, { file, test }) {
    if (!existsSync(this.#path(file))) return null;
    const hasKernels = edits.some((edit) => edit.file.startsWith('wasm/'));
    return this.#ask({ file, name: test, hasKernels });
  }

  /** The first test of the given ones that fails with everything built, null when none does. */
  async anyFailure({ edits, tests }, known) {
    await this.#build(['--only', ...edits.map(({ file }) => file)]);
    const isThere = known !== undefined && existsSync(this.#path(known.file));
    const failure = isThere ? await this.#ask({ file: known.file, name: known.test }) : null;
    // it passed when only the bundle was without the bug
    const found =
      failure === null ? await this.firstFailure(tests) : { ...failure, loads: 'bundle' };
    const bundle = join('dist', 'bundle');
    rmSync(this.#path(bundle), { recursive: true });
    cpSync(join(root, bundle), this.#path(bundle), { recursive: true });
    return found;
  }

  /**
   * The first test that fails and its file, or how else the run ended; null when none fails.
   * `name`: only that test.
   */
  async firstFailure(tests, name) {
    const report = this.#path('report.json');
    rmSync(report, { force: true });
    const vitest = join('node_modules', 'vitest', 'vitest.mjs');
    // compiled modules are kept by their content: a bug changes one file of hundreds
    const flags = ['--mode=built', '--reporter=json', `--outputFile=${report}`, '--bail=1'];
    flags.push('--experimental.fsModuleCache');
    if (name !== undefined)
      flags.push('-t', name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
    const { status, output } = await this.#runNode([vitest, 'run', ...tests, ...flags], testEnv());
    let results;
    try {
      results = JSON.parse(readFileSync(report, 'utf8')).testResults;
    } catch {
      throw new Error(`the tests did not report:\n${output}`);
    }
    for (const { name: file, assertionResults } of results) {
      const failed = assertionResults.find((result) => result.status === 'failed');
      if (failed !== undefined)
        return { test: failed.fullName, file: relative(this.#folder, file) };
    }
    // a process that fell over, or an error that no test waited for
    return status === 0 ? null : { test: `the run ended with ${status}` };
  }

  /** Removes the copy. */
  remove() {
    this.#server?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #build(words) {
    const { status, output } = await this.#runNode(['scripts/build.mjs', ...words]);
    if (status !== 0) throw new Error(`a bug does not build:\n${output}`);
  }

  /** Runs Node in the copy to its end. */
  #runNode(words, env = process.env) {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, words, {
        cwd: this.#folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: mostMilliseconds,
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

  /** Asks the server how a test fails with what changed since it was asked last; null as well where it dies of it. */
  async #ask({ file, name, hasKernels = false }) {
    this.#server ??= fork(this.#path('test', 'planted', 'test-server.mjs'), {
      cwd: this.#folder,
      env: testEnv(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const server = this.#server;
    const answer = new Promise((resolve) => {
      server.once('message', resolve);
      server.once('exit', () => resolve({ failure: null, isDead: true }));
    });
    server.send({ changed: [...this.#changed], hasKernels, file, name });
    this.#changed.clear();
    const tooLong = setTimeout(() => server.kill('SIGKILL'), mostMilliseconds);
    const { failure, error, isDead } = await answer;
    clearTimeout(tooLong);
    server.removeAllListeners();
    if (isDead) this.#server = null;
    if (error !== undefined) throw new Error(error);
    return failure;
  }
}
