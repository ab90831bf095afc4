// Builds wasm/assembly → wasm/build/kernels.wasm, src → dist, and dist → dist/bundle, which is what users run.
// `--wasm-only` stops after the first.
//
// A program that imports some four hundred small modules spends most of its start on finding them; the
// bundle holds ours in a few files (`scripts/bundle.mjs`).
// The kernels are compiled only when their sources changed. Type errors fail the build, yet the
// JavaScript is written all the same, so that one broken file does not stop work on another.
// `--only src/a.ts src/b.ts` compiles just these and bundles again, types unchecked, Spark's bundle left as it was
// and kernels hardly optimised: for the planted bugs, which change a line of a tree that is built already.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundle } from './bundle.mjs';
import { bundleSpark } from './bundle-spark.mjs';
import { cacheDir, filesBelow, hashSources, readStamp, root, writeStamp } from './source-stamp.mjs';

const bin = (name) => join(root, 'node_modules', name);
const runNode = (script, args) =>
  spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;

function buildWasm(hash, target) {
  const output = join(root, 'wasm', 'build', 'kernels.wasm');
  const entry = join(root, 'wasm', 'assembly', 'kernels.ts');
  if (!existsSync(entry)) {
    console.error('build: wasm/assembly/kernels.ts is not there; no kernels were built');
    return 0;
  }
  if (existsSync(output) && readStamp().wasm === hash) return 0;
  mkdirSync(join(root, 'wasm', 'build'), { recursive: true });
  const words = [
    bin('assemblyscript/bin/asc.js'),
    'wasm/assembly/kernels.ts',
    ...['--config', 'wasm/asconfig.json', '--target', target],
    ...['--outFile', 'wasm/build/kernels.wasm'],
  ];
  const { status, stderr } = spawnSync(process.execPath, words, {
    cwd: root,
    stdio: ['inherit', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  // `converge` optimises until the code does not get shorter; that a last pass made it longer is no fault
  process.stderr.write((stderr ?? '').replace('Last converge was suboptimal.\n', ''));
  if (status === 0) writeStamp({ wasm: hash });
  return status ?? 1;
}

async function buildTypeScript(hash) {
  const dist = join(root, 'dist');
  const buildInfo = join(cacheDir, 'build.tsbuildinfo');
  if (!existsSync(dist)) rmSync(buildInfo, { force: true });
  for (const path of filesBelow(dist, '.js')) {
    const base = relative(dist, path).slice(0, -'.js'.length);
    if (existsSync(join(root, 'src', `${base}.ts`))) continue;
    for (const ending of ['.js', '.d.ts']) rmSync(join(dist, base + ending), { force: true });
  }
  const status = runNode(bin('typescript/bin/tsc'), ['-p', 'tsconfig.build.json']);
  await bundle(dist);
  await bundleSpark(dist);
  writeStamp({ ts: hash });
  return status;
}

const hashes = hashSources();
const only = process.argv[2] === '--only';
const wasmStatus = buildWasm(hashes.wasm, only ? 'quick' : 'release');
if (process.argv.includes('--wasm-only')) process.exit(wasmStatus);
if (only) {
  const files = process.argv.slice(3).filter((file) => file.startsWith('src/'));
  const { transpile } = await import('./transpile.mjs');
  transpile(files);
  await bundle(join(root, 'dist'));
  writeStamp({ ts: hashes.ts });
  process.exit(wasmStatus);
}
process.exit((await buildTypeScript(hashes.ts)) || wasmStatus);
