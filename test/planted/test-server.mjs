// Runs single tests of this tree whenever it is asked to, in a vitest that stays: to start one takes longer
// than most tests. Each run has a process of its own.
//
// A message is `{ changed, hasKernels, file, name }`: files of src that changed since the last one (compiled to dist
// first), whether the kernels did (compiled too: a compiler that has run before takes a quarter of the time), a file of
// tests and the test in it; the answer is `{ failure }`, null when the test passes, `{ error }` otherwise.

import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { createVitest } from 'vitest/node';
import { kernelWords } from '../../scripts/kernel-words.mjs';
import { hashSources, writeStamp } from '../../scripts/source-stamp.mjs';
import { transpile } from '../../scripts/transpile.mjs';

const vitest = await createVitest('test', {
  watch: false,
  mode: 'built',
  // one failure is all that is asked for, and a bug may make every test of a name wait for its end
  bail: 1,
  reporters: [{}],
  experimental: { fsModuleCache: true },
});
const files = await vitest.globTestSpecifications();

/** Compiles the kernels as `scripts/build.mjs --only` does. */
async function compileKernels() {
  const { error, stderr } = await asc.main(kernelWords('quick'));
  if (error) throw new Error(`a bug does not build:\n${stderr}`);
  writeStamp({ wasm: hashSources().wasm, wasmTarget: 'quick' });
}

/** How the test failed, null when it did not. */
async function run({ changed, hasKernels, file, name }) {
  transpile(changed);
  if (hasKernels) await compileKernels();
  for (const path of changed) vitest.invalidateFile(join(process.cwd(), path));
  const path = join(process.cwd(), file);
  const wanted = files.filter(({ moduleId }) => moduleId === path);
  vitest.setGlobalTestNamePattern(name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(wanted);
  const mine = testModules.filter(({ moduleId }) => moduleId === path);
  for (const module of mine) {
    for (const test of module.children.allTests('failed')) {
      return { test: test.fullName.replaceAll(' > ', ' '), file };
    }
  }
  // a file that cannot be imported, or an error that no test waited for
  const isWhole = unhandledErrors.length === 0 && mine.every((module) => module.ok());
  return isWhole ? null : { test: 'the run ended with 1' };
}

process.on('message', async (message) => {
  try {
    process.send({ failure: await run(message) });
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
});
