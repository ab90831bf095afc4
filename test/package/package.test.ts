/**
 * Does the packed tarball work for somebody who installs it?
 *
 * `npm pack`, then an install without scripts in an empty project. There a user's first script and
 * the command line run, on this Node, on the other supported ones, on Bun and on Deno. Each comes from npm as
 * a package that holds just its binary; where there is none for this platform, it is skipped.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/source-stamp.mjs';
import { suiteRuns } from '../tools/suite-runs.ts';
import { sampleFlights } from './sample-flights.ts';

const maxInstalledBytes = 45_000_000;
const platform = `${process.platform}-${process.arch}`;
/** What else runs the package: the npm package of its binary, its place there, and what stands before the script. */
const otherRuntimes = {
  'node-22': { name: `node-${platform}`, version: '22', binary: 'bin/node', words: [] },
  'node-24': { name: `node-${platform}`, version: '24', binary: 'bin/node', words: [] },
  bun: { name: `@oven/bun-${platform}`, version: '1', binary: 'bin/bun', words: [] },
  deno: { name: `@deno/${platform}-glibc`, version: '2', binary: 'deno', words: ['run', '-A'] },
};
const work = mkdtempSync(join(tmpdir(), 'coppice-package-'));
const project = join(work, 'project');
const command = join(project, 'node_modules', 'coppice', 'dist', 'bundle', 'node', 'cli.js');
let packedFiles: string[] = [];

function run(program: string, args: readonly string[], folder: string): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 170_000 });
}

/** Standard output of a program that must succeed. */
function outputOf(program: string, args: readonly string[], folder = project): string {
  const { status, signal, error, stdout, stderr } = run(program, args, folder);
  if (status === 0) return stdout;
  const end = error?.message ?? signal ?? `status ${status}`;
  throw new Error(`${program} ${args.join(' ')} ended with ${end}\n${stdout}\n${stderr}`);
}

function emptyProject(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
}

function install(folder: string, what: string): SpawnSyncReturns<string> {
  return run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', what], folder);
}

/** Paths below a folder with their sizes; links are not followed. */
function sizesBelow(folder: string): Map<string, number> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [relative(folder, path), lstatSync(path).size];
    }),
  );
}

function contentOf(folder: string): Record<string, string> {
  const paths = [...sizesBelow(folder).keys()].sort();
  return Object.fromEntries(
    paths.map((path) => [path, readFileSync(join(folder, path), 'base64')]),
  );
}

beforeAll(() => {
  const packed = JSON.parse(
    outputOf('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root),
  ) as { filename: string; files: { path: string }[] }[];
  const [tarball] = packed;
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  packedFiles = tarball.files.map(({ path }) => path);
  emptyProject(project);
  const installed = install(project, join(work, tarball.filename));
  if (installed.status !== 0) throw new Error(`the install failed: ${installed.stderr}`);
  writeFileSync(join(project, 'train.parquet'), sampleFlights(0, 4000));
  writeFileSync(join(project, 'test.parquet'), sampleFlights(4000, 1000));
  const script = readFileSync(join(root, 'test', 'package', 'first-model.mjs'));
  writeFileSync(join(project, 'first-model.mjs'), script);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the tarball', () => {
  it('holds dist, the kernels, docs and the standard files, nothing else', () => {
    const standard =
      /^(dist\/.*\.d\.ts|dist\/bundle\/node\/.*\.c?js|dist\/bundle\/spark\/coppice-(member\.mjs|worker\.js|kernels\.wasm)|spark\/(connect\.proto|coppice_shim\.py)|wasm\/build\/kernels\.wasm|docs\/.*|README\.md|LICENSE|CHANGELOG\.md|THIRD-PARTY-NOTICES|package\.json)$/;
    expect(packedFiles.filter((path) => !standard.test(path))).toEqual([]);
    expect(packedFiles).toContain('wasm/build/kernels.wasm');
    expect(packedFiles).toContain('THIRD-PARTY-NOTICES');
    expect(packedFiles.some((path) => path.startsWith('docs/api/'))).toBe(false);
  });

  it('has no types whose source is gone', () => {
    const orphans = packedFiles
      .filter((path) => path.startsWith('dist/') && path.endsWith('.d.ts'))
      .filter((path) => !existsSync(join(root, `src/${path.slice(5, -5)}.ts`)));
    expect(orphans).toEqual([]);
  });

  it(`takes less than ${maxInstalledBytes / 1e6} MB with all it depends on`, () => {
    const sizes = sizesBelow(join(project, 'node_modules'));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(total).toBeLessThan(maxInstalledBytes);
  });

  it('needs no script at install', () => {
    const withScripts = [...sizesBelow(join(project, 'node_modules')).keys()]
      .filter((path) => /^(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
      .filter((path) => {
        const text = readFileSync(join(project, 'node_modules', path), 'utf8');
        const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
        return ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
      });
    expect(withScripts).toEqual([]);
  });

  it('exports what src/index.ts exports and nothing deeper', () => {
    const names = outputOf(process.execPath, [
      '--input-type=module',
      '--eval',
      "console.log(JSON.stringify(Object.keys(await import('coppice')).sort()))",
    ]);
    const barrel = readFileSync(join(root, 'src', 'index.ts'), 'utf8');
    for (const name of JSON.parse(names) as string[]) expect(barrel).toContain(name);
    const deep = run(process.execPath, ['--eval', "import('coppice/dist/index.js')"], project);
    expect(deep.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe('types of the installed package', () => {
  it('accept the first script as TypeScript', () => {
    const script = readFileSync(join(project, 'first-model.mjs'), 'utf8')
      .replace('process.argv[2]', "'out'")
      .replace("import { join } from 'node:path';", 'const join = (a: string, b: string) => a + b;')
      .replace(/console\.log\((.*)\);/, 'export const area: number = $1;');
    writeFileSync(join(project, 'first-model.ts'), script);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = '--noEmit --strict --module nodenext --target es2023 --types node';
    const roots = `--typeRoots ${join(project, 'node_modules', '@types')}`;
    outputOf(process.execPath, [tsc, ...options.split(' '), ...roots.split(' '), 'first-model.ts']);
  });

  it('say what a scorer predicts, to ES modules and to CommonJS', () => {
    const script = `import { createTable, GBTClassifier, GBTRegressor, loadStage, PipelineModel } from 'coppice';
export async function main(): Promise<string> {
  const table = createTable({ x: [1, 2, 3, 4], label: [1, 4, 9, 16], word: ['a', 'b', 'a', 'b'] });
  const regressor = await new GBTRegressor({ featuresCols: ['x'] }).fit(table);
  const doubled = (await regressor.scorer())({ x: 2 }).prediction * 2;
  const classifier = await new GBTClassifier({ featuresCols: ['x'], labelCol: 'word' }).fit(table);
  const word: 'a' | 'b' = (await classifier.scorer<'a' | 'b'>())({ x: 2 }).prediction;
  const loaded = await loadStage('model');
  if (!(loaded instanceof PipelineModel)) return word;
  return (doubled + (await loaded.scorer<number>())({ x: 2 }).prediction).toFixed(1);
}
`;
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess';
    const target = '--module nodenext --target es2022 --types node --typeRoots';
    for (const name of ['scores.mts', 'scores.cts']) {
      writeFileSync(join(project, name), script);
      outputOf(process.execPath, [
        ...[tsc, ...options.split(' '), ...target.split(' ')],
        ...[join(project, 'node_modules', '@types'), name],
      ]);
    }
  });

  it('need no types of the browser where every declaration is checked', () => {
    writeFileSync(
      join(project, 'fits.ts'),
      `import { GBTRegressor } from 'coppice';\nexport const rounds: number | undefined = new GBTRegressor().params.maxIter;\n`,
    );
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = '--noEmit --strict --skipLibCheck false --module nodenext --target es2022';
    const libraries = '--lib es2022 --types node --typeRoots';
    outputOf(process.execPath, [
      ...[tsc, ...options.split(' '), ...libraries.split(' ')],
      ...[join(project, 'node_modules', '@types'), 'fits.ts'],
    ]);
  });
});

/** Runs the first script and the command line on one runtime; the model's files are returned. */
function firstModelOn(
  [program, ...words]: readonly [string, ...string[]],
  out: string,
): Record<string, Record<string, string>> {
  mkdirSync(join(project, out));
  const script = (...args: string[]) => outputOf(program, [...words, ...args]);
  const area = Number(script('first-model.mjs', out));
  expect(area).toBeGreaterThan(0.6);
  const cli = (...args: string[]) => script(command, ...args);
  cli(
    ...['fit', '--data', 'train.parquet', '--label', 'delayed', '--algo', 'gbt', '--threads', '2'],
    ...['--params', 'maxIter=10', '--model', `${out}/by-command`],
  );
  const scored = `${out}/scored-by-command.parquet`;
  cli('transform', '--model', `${out}/by-command`, '--data', 'test.parquet', '--out', scored);
  const metrics = cli(
    'evaluate',
    '--data',
    scored,
    '--label',
    'delayed',
    '--metric',
    'auc',
    '--json',
  );
  expect(metrics).toMatch(/0\.\d+/);
  expect(cli('inspect', '--model', `${out}/by-command`, '--importance')).toContain('distance');
  writeFileSync(join(project, 'version.mjs'), 'console.log(process.versions.node);\n');
  expect(cli('doctor')).toContain(script('version.mjs').trim());
  cli('export', '--model', `${out}/by-command`, '--out', `${out}/model.mjs`);
  writeFileSync(
    join(project, 'ask.mjs'),
    `const { predict } = await import('./' + process.argv[2]);
    const carriers = ['AA', 'UA', 'never seen', null];
    const rows = Array.from({ length: 60 }, (_, i) => ({ carrier: carriers[i % 4], distance: i % 7 ? i * 41 : null }));
    console.log(JSON.stringify(rows.map((row) => [...predict(row).probability])));\n`,
  );
  const answers = script('ask.mjs', `${out}/model.mjs`);
  expect(JSON.parse(answers)).toHaveLength(60);
  return {
    byModule: { answers },
    byScript: contentOf(join(project, out, 'model')),
    byCommand: contentOf(join(project, out, 'by-command')),
  };
}

describe('the installed package', () => {
  const models = new Map<string, ReturnType<typeof firstModelOn>>();

  it('runs the first script and the command line', () => {
    models.set('this', firstModelOn([process.execPath], 'this'));
  });

  it('is found by npx', () => {
    expect(outputOf('npx', ['--no-install', 'coppice', '--help'])).toContain('fit');
  });

  it.for(Object.entries(otherRuntimes))(
    'does the same on %s, byte for byte',
    ([id, runtime], { skip }) => {
      const { name, version, binary, words } = runtime;
      const folder = join(work, id);
      emptyProject(folder);
      const installed = install(folder, `${name}@${version}`);
      const why = `npm has no ${name}@${version} that installs here`;
      if (!suiteRuns(id, installed.status === 0 ? null : why)) skip(why);
      const program = join(folder, 'node_modules', name, binary);
      expect(firstModelOn([program, ...words], id)).toEqual(models.get('this'));
    },
  );
});
