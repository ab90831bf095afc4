// Builds wasm/assembly → wasm/build/kernels.wasm, src → dist, and dist → dist/bundle, which is what users run.
// `--wasm-only` stops after the first.
//
// A program that imports some four hundred small modules spends most of its start on finding them; the
// bundle holds ours in a few files (`scripts/bundle.mjs`).
// The kernels are compiled only when their sources changed. Type errors fail the build, yet the
// JavaScript is written all the same, so that one broken file does not stop work on another.
// `--only src/a.ts src/b.ts` compiles just these and bundles again, types unchecked, Spark's bundle left as it was
// and kernels hardly optimised: for the planted bugs, which change a line of a tree that is built already.
// A whole build notes what it was made of and what it made: while both are the same the next one has nothing to do, and
// when anything of it was changed since, be it by `--only`, all is compiled again.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundle } from './bundle.mjs';
import { bundleSpark } from './bundle-spark.mjs';
import { kernelWords } from './kernel-words.mjs';
import {
  cacheDir,
  filesBelow,
  hashOf,
  hashSources,
  readStamp,
  root,
  writeStamp,
} from './source-stamp.mjs';

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
  const built = readStamp();
  const isGoodEnough = target === 'quick' || built.wasmTarget !== 'quick';
  if (existsSync(output) && built.wasm === hash && isGoodEnough) return 0;
  mkdirSync(join(root, 'wasm', 'build'), { recursive: true });
  // `converge` optimises until the code does not get shorter; that a last pass made it longer is no fault
  const passed = (text) => text.replace('Last converge was suboptimal.\n', '');
  const status = await runNode(bin('assemblyscript/bin/asc.js'), kernelWords(target), passed);
  if (status === 0) writeStamp({ wasm: hash, wasmTarget: target });
  return status;
}

const dist = join(root, 'dist');

/** Hash of the files that a whole build makes. */
const hashOutputs = () =>
  hashOf([...filesBelow(dist, ''), ...filesBelow(join(root, 'wasm', 'build'), '.wasm')]);

/** Hash of everything that a whole build depends on: sources, scripts and the packages that are installed. */
function hashInputs({ ts, wasm }) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const tools = [...filesBelow(join(root, 'scripts'), '.mjs'), installed].filter(existsSync);
  return `${ts} ${wasm} ${hashOf(tools)}`;
}

/** `kernels`: when they are built, for a bundle has a copy of them. */
async function buildTypeScript(hash, kernels) {
  // the compiler leaves alone what it wrote last, whatever has become of it
  if (readStamp().outputs !== hashOutputs())
    rmSync(join(cacheDir, 'build.tsbuildinfo'), { force: true });
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
  await bundle(dist);
  writeStamp({ ts: hashes.ts });
  process.exit(await kernels);
}
const inputs = hashInputs(hashes);
const last = readStamp();
if (last.inputs === inputs && last.outputs === hashOutputs()) process.exit(await kernels);
const status = (await buildTypeScript(hashes.ts, kernels)) || (await kernels);
writeStamp({ inputs: status === 0 ? inputs : '', outputs: hashOutputs() });
process.exit(status);
