// Builds wasm/assembly → wasm/build/kernels.wasm, src → dist, and dist → dist/bundle, which is what users run.
// `--wasm-only` stops after the first.
//
// A program that imports some four hundred small modules spends most of its start on finding them; the
// bundle holds ours in a few files (`scripts/bundle.mjs`).
// The kernels are compiled only when their sources changed. Type errors fail the build, yet the
// JavaScript is written all the same, so that one broken file does not stop work on another.
// `--only src/a.ts src/b.ts` compiles just these and bundles again, types unchecked, Spark's bundle left as it was
// and kernels hardly optimised: for the planted bugs, which change a line of a tree that is built already.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundle } from './bundle.mjs';
import { bundleSpark } from './bundle-spark.mjs';
import { cacheDir, filesBelow, hashSources, readStamp, root, writeStamp } from './source-stamp.mjs';

const bin = (name) => join(root, 'node_modules', name);
/** Runs a script of Node; `passed` says what of the lines that it prints as errors is printed. */
const runNode = (script, args, passed = (text) => text) =>
  new Promise((resolve, reject) => {
    const stdio = ['inherit', 'inherit', 'pipe'];
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject).once('close', (status) => {
      process.stderr.write(passed(text));
      resolve(status ?? 1);
    });
  });

async function buildWasm(hash, target) {
  const output = join(root, 'wasm', 'build', 'kernels.wasm');
  const entry = join(root, 'wasm', 'assembly', 'kernels.ts');
  if (!existsSync(entry)) {
    console.error('build: wasm/assembly/kernels.ts is not there; no kernels were built');
    return 0;
  }
  if (existsSync(output) && readStamp().wasm === hash) return 0;
  mkdirSync(join(root, 'wasm', 'build'), { recursive: true });
  const words = [
    'wasm/assembly/kernels.ts',
    ...['--config', 'wasm/asconfig.json', '--target', target],
    ...['--outFile', 'wasm/build/kernels.wasm'],
  ];
  // `converge` optimises until the code does not get shorter; that a last pass made it longer is no fault
  const passed = (text) => text.replace('Last converge was suboptimal.\n', '');
  const status = await runNode(bin('assemblyscript/bin/asc.js'), words, passed);
  if (status === 0) writeStamp({ wasm: hash });
  return status;
}

/** `kernels`: when they are built, for a bundle has a copy of them. */
async function buildTypeScript(hash, kernels) {
  const dist = join(root, 'dist');
  const buildInfo = join(cacheDir, 'build.tsbuildinfo');
  if (!existsSync(dist)) rmSync(buildInfo, { force: true });
  for (const path of filesBelow(dist, '.js')) {
    const base = relative(dist, path).slice(0, -'.js'.length);
    if (existsSync(join(root, 'src', `${base}.ts`))) continue;
    for (const ending of ['.js', '.d.ts']) rmSync(join(dist, base + ending), { force: true });
  }
  const compiled = runNode(bin('typescript/bin/tsc'), ['-p', 'tsconfig.build.json']);
  const [status] = await Promise.all([compiled, kernels]);
  await bundle(dist);
  await bundleSpark(dist);
  writeStamp({ ts: hash });
  return status;
}

const hashes = hashSources();
const only = process.argv[2] === '--only';
const kernels = buildWasm(hashes.wasm, only ? 'quick' : 'release');
if (process.argv.includes('--wasm-only')) process.exit(await kernels);
if (only) {
  const files = process.argv.slice(3).filter((file) => file.startsWith('src/'));
  const { transpile } = await import('./transpile.mjs');
  transpile(files);
  await kernels;
  await bundle(join(root, 'dist'));
  writeStamp({ ts: hashes.ts });
  process.exit(await kernels);
}
process.exit((await buildTypeScript(hashes.ts, kernels)) || (await kernels));
