// What does a Spark worker run, where nothing of ours is installed? dist/bundle/spark: the member with all of its
// packages in one file, the piscina worker that starts its threads, and the kernels. The driver uploads the three.

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './source-stamp.mjs';

const member = 'coppice-member.mjs';
const worker = 'coppice-worker.js';
const kernels = 'coppice-kernels.wasm';

// the process's main thread is the member, its worker threads import the same file
const entry = `
import { isMainThread } from 'node:worker_threads';
import { handleJob } from './session/executor-work.js';
import { checkNode, runMember } from './spark/gang/run-member.js';
export { handleJob };
if (isMainThread) {
  checkNode();
  await runMember(new URL(import.meta.url));
}
`;

// packages that were written for CommonJS ask for these
const banner = `
import { createRequire as coppiceRequire } from 'node:module';
import { dirname as coppiceDirname } from 'node:path';
import { fileURLToPath as coppicePath } from 'node:url';
const require = coppiceRequire(import.meta.url);
const __filename = coppicePath(import.meta.url);
const __dirname = coppiceDirname(__filename);
`;

/** Files lie side by side on a worker, so paths into the package are replaced. */
const sideBySide = {
  name: 'side-by-side',
  setup(build) {
    build.onLoad(
      { filter: /(kernels[\\/]wasm[\\/]load\.js|piscina[\\/]dist[\\/].*\.js)$/ },
      async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const contents = source
          .replace('../../../wasm/build/kernels.wasm', `./${kernels}`)
          .replaceAll(/(['"])(?:\.\/)?worker\.js\1/g, `'${worker}'`);
        return { contents, loader: 'js' };
      },
    );
  },
};

/** Bundles the modules of `dist` for Spark's workers. */
export async function bundleSpark(dist) {
  if (!existsSync(join(dist, 'spark', 'gang', 'run-member.js'))) return;
  const folder = join(dist, 'bundle', 'spark');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    treeShaking: true,
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  await build({
    ...common,
    stdin: { contents: entry, resolveDir: dist, sourcefile: member },
    outfile: join(folder, member),
    format: 'esm',
    banner: { js: banner },
    external: ['@napi-rs/nice', '@duckdb/node-api', '@grpc/*', 'parquet-wasm', 'parquet-wasm/*'],
    plugins: [sideBySide],
  });
  const home = dirname(createRequire(import.meta.url).resolve('piscina'));
  const piscina = join(home, 'worker.js');
  await build({
    ...common,
    entryPoints: [piscina],
    outfile: join(folder, worker),
    format: 'cjs',
    external: ['@napi-rs/nice'],
  });
  const built = join(root, 'wasm', 'build', 'kernels.wasm');
  if (existsSync(built)) copyFileSync(built, join(folder, kernels));
}
