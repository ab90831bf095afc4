// Packs all that `npm run bench:gpu` needs into one file, for a machine with a GPU and nothing else: no Node, no network.
//
//   node scripts/pack-gpu-bench.mjs bench-gpu.tar.xz [files to lay beside, such as libvulkan.so.1]
//   tar xf bench-gpu.tar.xz && bench-gpu/run --quick
//
// `npm run build` must have been run. The archive is for machines of this one's kind (system and processor). The loader of
// Vulkan drivers (libvulkan.so.1; apt-get install libvulkan1) goes with it where this machine has it: a bare container
// with a GPU often does not.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

const [target, ...beside] = process.argv.slice(2);
if (target === undefined) throw new Error('name the archive to write');
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'coppice-pack-'));
const home = join(folder, 'bench-gpu');
const bundle = join(home, 'dist/bundle/node');

/** What is left out of packages: other systems' drivers, what only browsers load, sources. */
const driver = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
const leftOut = {
  webgpu: (path) => /^\/dist\/\w+-\w+/.test(path) && !path.startsWith(`/dist/${driver}`),
  'gpu.js': (path) => path.startsWith('/dist'),
  'parquet-wasm': (path) => /^\/(bundler|esm)/.test(path),
  'apache-arrow': (path) => /^\/(src|bin)\b|\.(ts|map|es5)/.test(path),
};

/** Copies a package and all that it depends on; what it asks for in vain is not installed. */
function copyPackage(name) {
  const from = join(root, 'node_modules', name);
  const to = join(home, 'node_modules', name);
  if (existsSync(to) || !existsSync(from)) return;
  const isLeftOut = leftOut[name] ?? (() => false);
  cpSync(from, to, { recursive: true, filter: (path) => !isLeftOut(path.slice(from.length)) });
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  for (const other of Object.keys(dependencies)) copyPackage(other);
}

if (!existsSync(join(root, 'dist/bundle/node/gpu-probe.js')))
  throw new Error('npm run build first');
for (const path of ['dist/bundle', 'wasm/build']) {
  cpSync(join(root, path), join(home, path), { recursive: true });
}
const { metafile } = await build({
  metafile: true,
  entryPoints: [join(root, 'test/bench/gpu.ts')],
  outfile: join(bundle, 'bench-gpu.js'),
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
});
cpSync(join(root, 'test/bench/peers'), join(bundle, 'peers'), { recursive: true });
for (const name of ['webgpu', 'gpu.js', 'parquet-wasm', 'apache-arrow', 'piscina', 'papaparse']) {
  copyPackage(name);
}
for (const { path, external, kind } of Object.values(metafile.outputs).flatMap((o) => o.imports)) {
  const isThere = isBuiltin(path) || existsSync(join(home, 'node_modules', path.split('/')[0]));
  if (external && kind === 'import-statement' && !isThere) {
    throw new Error(`${path}, which the benchmark imports, is not packed`);
  }
}
cpSync(process.execPath, join(home, 'bin/node'), { dereference: true });
// the loader comes along, not the drivers: those are the other machine's
const loader = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']
  .map((folder) => join(folder, 'libvulkan.so.1'))
  .find((file) => existsSync(file));
if (!beside.some((file) => basename(file) === 'libvulkan.so.1')) {
  if (loader !== undefined) beside.push(loader);
  else console.log('libvulkan.so.1 is not on this machine: the other one must have it');
}
for (const file of beside) cpSync(file, join(home, 'lib', basename(file)), { dereference: true });
writeFileSync(join(home, 'package.json'), '{ "type": "module" }\n');
const revision = spawnSync('git', ['describe', '--always', '--dirty=+'], { cwd: root });
writeFileSync(
  join(home, 'run'),
  `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib:$LD_LIBRARY_PATH" COPPICE_REVISION=${revision.stdout.toString().trim()}
exec "$here/bin/node" "$here/dist/bundle/node/bench-gpu.js" "$@"
`,
  { mode: 0o755 },
);
const packed = spawnSync('tar', ['cJf', resolve(target), '-C', folder, 'bench-gpu'], {
  stdio: 'inherit',
  env: { ...process.env, XZ_OPT: '-T0 -6' },
});
rmSync(folder, { recursive: true });
process.exitCode = packed.status ?? 1;
