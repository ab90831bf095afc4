/** The bundle that users run: the packages that it stands in for load late, and are the user's own. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createTable } from '../../src/index.ts';
import { fileOfToken, startExecutor } from '../cluster/executors/start-executor.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(root, 'dist', 'bundle', 'node');

function answerOf(script: string, folder = root, flags: readonly string[] = []): unknown {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '--eval', script],
    { cwd: folder, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function bytesOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + statSync(join(bundle, name)).size, 0);
}

/** The file of what is loaded when it is used. */
function lateFile(): string {
  return readdirSync(bundle).find((name) => name.startsWith('late_entry')) as string;
}

/** The files that a file of the bundle imports, and theirs. */
function filesOf(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const source = readFileSync(join(bundle, name), 'utf8');
  const imports = source.matchAll(
    /\b(?:import|from)\s*"\.\/([^"]+)"|import\("\.\/(executor-work[^"]+)"\)/g,
  );
  for (const [, path, late] of imports) filesOf(path ?? (late as string), found);
  return found;
}

describe('the bundle', () => {
  it('is a few files, in programs and in their threads', () => {
    const ofProgram = [...filesOf('index.js')];
    expect(ofProgram.length).toBeLessThanOrEqual(2);
    expect(bytesOf(ofProgram)).toBeLessThan(1_400_000);
    const ofThread = [...filesOf('executor-main.js')];
    expect(ofThread.length).toBeLessThanOrEqual(7);
    expect(bytesOf(ofThread)).toBeLessThan(600_000);
    for (const name of [...ofProgram, ...ofThread, lateFile()])
      expect(readFileSync(join(bundle, name), 'utf8')).not.toContain('kind:"reference"');
    expect(readFileSync(join(bundle, 'reference-kernels.cjs'), 'utf8')).toMatch(/kind:"reference"/);
  });

  it('registers nothing in what is loaded late, for nobody would wait for that', () => {
    const first = filesOf('index.js');
    const late = [...filesOf(lateFile())].filter((name) => !first.has(name));
    expect(bytesOf(late)).toBeGreaterThan(200_000);
    const calls = late.flatMap((name) => [
      ...readFileSync(join(bundle, name), 'utf8').matchAll(/(?<!function )\bregister[A-Z]\w*\(/g),
    ]);
    expect(calls).toEqual([]);
  });

  it('names classes as it exports them, in objects that are printed too', () => {
    const answer = answerOf(
      `import { inspect } from 'node:util';
      const library = await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      const classes = Object.entries(library).filter(([, value]) => /^class\\b/.test(String(value)));
      const others = classes.filter(([name, value]) => value.name !== name).map(([name]) => name);
      const table = library.createTable({ x: Float64Array.of(1, 2), label: Float64Array.of(0, 1) });
      const model = await new library.DecisionTreeClassifier({ featuresCols: ['x'] }).fit(table);
      console.log(JSON.stringify([classes.length > 100, others, inspect(model).split(' ')[0]]));`,
    );
    expect(answer).toEqual([true, [], 'DecisionTreeClassificationModel']);
  });

  it('fits without what is loaded late, and loads it where it is needed', () => {
    const answer = answerOf(
      `const { BinaryClassificationEvaluator, createTable, GBTClassifier, RandomForestClassifier } =
        await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      const x = Float64Array.from({ length: 400 }, (_, i) => (i * 7) % 101);
      const table = createTable({ x, label: x.map((value) => Number(value > 50)) });
      const options = { featuresCols: ['x'] };
      const boosted = await new GBTClassifier({ ...options, maxIter: 5 }).fit(table);
      process.env.COPPICE_KERNELS = 'reference';
      const plain = await new GBTClassifier({ ...options, maxIter: 5 }).fit(table);
      delete process.env.COPPICE_KERNELS;
      const forest = await new RandomForestClassifier({ ...options, numTrees: 5 }).fit(table);
      const areas = [];
      for (const model of [boosted, plain, forest]) {
        areas.push(await new BinaryClassificationEvaluator().evaluate(await model.transform(table)));
      }
      console.log(JSON.stringify(areas));`,
    );
    expect(answer).toEqual([1, 1, 1]);
  });

  it('fits a classifier on little data without starting a thread', () => {
    const answer = answerOf(
      `const { createTable, GBTClassifier } = await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      let numWorkers = 0;
      process.on('worker', () => numWorkers++);
      const columns = { label: Float64Array.from({ length: 1000 }, (_, i) => Number(i * 7 % 11 > 4)) };
      for (let c = 0; c < 10; c++) columns['x' + c] = columns.label.map((_, i) => i * (c + 3) % 101);
      const table = createTable(columns);
      const featuresCols = table.columns.filter((name) => name !== 'label');
      const model = await new GBTClassifier({ featuresCols, maxIter: 100 }).fit(table);
      console.log(JSON.stringify([model.numTrees, numWorkers]));`,
    );
    expect(answer).toEqual([100, 0]);
  });

  it.each([
    ['a TypeScript file', ['--import', 'tsx']],
    ['the command line', ['--input-type=module', '--eval']],
  ])('has threads that know all they may be asked for in a program from %s', (_, options) => {
    const index = pathToFileURL(join(bundle, 'index.js')).href;
    const file = join(temporaryFolder('bundle-program'), 'x.parquet');
    const program = `const { createTable, Session } = await import(${JSON.stringify(index)});
      const session = await Session.local({ threads: 1 });
      await session.createTable({ x: Float64Array.of(1, 2, 3) }).write.parquet(${JSON.stringify(file)});
      console.log(await (await session.read.parquet(${JSON.stringify(file)})).count());
      await session.close();`;
    const path = join(temporaryFolder('bundle-program'), 'program.mts');
    writeFileSync(path, program);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...options, options.includes('--eval') ? program : path],
      { cwd: root, encoding: 'utf8' },
    );
    expect([status, stdout.trim(), stderr]).toEqual([0, '3', '']);
  });

  it('is imported without the packages that it may never use', () => {
    const folder = temporaryFolder('bundle');
    const copy = join(folder, 'dist', 'bundle', 'node');
    mkdirSync(copy, { recursive: true });
    cpSync(bundle, copy, { recursive: true });
    const answer = answerOf(
      `const { createTable } = await import(${JSON.stringify(pathToFileURL(join(copy, 'index.js')).href)});
      let code = 'none was needed';
      try { createTable({ x: [1] }); } catch (error) { code = error.code; }
      console.log(JSON.stringify(code));`,
      folder,
    );
    expect(answer).toBe('MODULE_NOT_FOUND');
  });

  it('fits typed arrays without any package or what is loaded late, and makes the schema when it is asked for', () => {
    const folder = temporaryFolder('bundle-fit');
    cpSync(bundle, join(folder, 'dist', 'bundle', 'node'), { recursive: true });
    cpSync(join(root, 'wasm', 'build'), join(folder, 'wasm', 'build'), { recursive: true });
    rmSync(join(folder, 'dist', 'bundle', 'node', lateFile()));
    const answer = answerOf(
      `const { createTable, GBTRegressor } = await import(${JSON.stringify(pathToFileURL(join(folder, 'dist', 'bundle', 'node', 'index.js')).href)});
      const numbers = (make, by) => make.from({ length: 400 }, (_, i) => (i * by) % 101);
      const x = [numbers(Float64Array, 3), numbers(Float32Array, 7), numbers(Int16Array, 11), numbers(Uint32Array, 13)];
      const table = createTable({ a: x[0], b: x[1], c: x[2], d: x[3], label: x[0].map((value) => value % 2) });
      const featuresCols = table.columns.slice(0, 4);
      const model = await new GBTRegressor({ featuresCols, maxIter: 5 }).fit(table, { validation: table });
      let code = 'none was needed';
      try { table.schema; } catch (error) { code = error.code; }
      console.log(JSON.stringify([model.numTrees, await table.count(), code]));`,
      folder,
    );
    expect(answer).toEqual([5, 400, 'MODULE_NOT_FOUND']);
  });

  it('fits a flat Parquet file without any package, and makes the schema when it is asked for', async () => {
    const folder = temporaryFolder('bundle-file');
    cpSync(bundle, join(folder, 'dist', 'bundle', 'node'), { recursive: true });
    cpSync(join(root, 'wasm', 'build'), join(folder, 'wasm', 'build'), { recursive: true });
    rmSync(join(folder, 'dist', 'bundle', 'node', 'own-packages.cjs'));
    const file = join(folder, 'x.parquet');
    const rows = Array.from({ length: 400 }, (_, i) => i);
    const word = rows.map((i) => (i % 9 === 0 ? null : `word ${i % 5}`));
    const columns = {
      x: rows,
      n: Int32Array.from(rows),
      word,
      label: rows.map((i) => `c${i % 2}`),
    };
    await createTable(columns).write.parquet(file);
    const answer = answerOf(
      `const { GBTClassifier, read } = await import(${JSON.stringify(pathToFileURL(join(folder, 'dist', 'bundle', 'node', 'index.js')).href)});
      const table = await read.parquet(${JSON.stringify(file)});
      const model = await new GBTClassifier({ featuresCols: ['x', 'n', 'word'], maxIter: 5 }).fit(table);
      let code = 'none was needed';
      try { table.schema; } catch (error) { code = error.code; }
      console.log(JSON.stringify([model.numTrees, await table.count(), code]));`,
      folder,
    );
    expect(answer).toEqual([5, 400, 'MODULE_NOT_FOUND']);
  });

  it.each([
    ['kernels.wasm', 'wasm/build/kernels.wasm', 'new GBTRegressor(options).fit(table)'],
    ['executor-main.js', 'dist/bundle/node/executor-main.js', 'table.write.parquet("x.parquet")'],
  ])('says what a bundler has to leave out where %s is not beside the code', (name, path, work) => {
    const folder = temporaryFolder('bundle-part');
    cpSync(bundle, join(folder, 'dist', 'bundle', 'node'), { recursive: true });
    cpSync(join(root, 'wasm', 'build'), join(folder, 'wasm', 'build'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    rmSync(join(folder, path));
    const answer = answerOf(
      `const { createTable, GBTRegressor, Session } = await import(${JSON.stringify(pathToFileURL(join(folder, 'dist', 'bundle', 'node', 'index.js')).href)});
      const session = await Session.local({ threads: 1 });
      const x = Float64Array.from({ length: 400 }, (_, i) => i % 97);
      const table = session.createTable({ x, label: x });
      const options = { featuresCols: ['x'], maxIter: 2 };
      const error = await (${work}).catch((error) => error);
      await session.close();
      console.log(JSON.stringify([error.code, error.message]));`,
      folder,
    );
    expect(answer).toEqual(['FILE_NOT_FOUND', expect.stringContaining(`${name}, a file of this`)]);
    expect(answer).toEqual(['FILE_NOT_FOUND', expect.stringMatching(/leave the package out/)]);
  });

  it.each(['without the package', 'by the package where its own file is missing'])(
    'starts threads %s',
    async (how) => {
      const folder = temporaryFolder('bundle-threads');
      const copy = join(folder, 'dist', 'bundle', 'node');
      cpSync(bundle, copy, { recursive: true });
      cpSync(join(root, 'wasm', 'build'), join(folder, 'wasm', 'build'), { recursive: true });
      if (how !== 'without the package') {
        rmSync(join(copy, 'own-piscina.cjs'));
        symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
      }
      const file = join(folder, 'x.parquet');
      const x = Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i));
      await createTable({ x, label: x.map((value) => value ** 2) }).write.parquet(file);
      const answer = answerOf(
        `const { GBTRegressor, Session } = await import(${JSON.stringify(pathToFileURL(join(copy, 'index.js')).href)});
        const session = await Session.local({ threads: 2 });
        const table = await session.read.parquet(${JSON.stringify(file)});
        const model = await new GBTRegressor({ featuresCols: ['x'], maxIter: 2 }).fit(table);
        await session.close();
        console.log(JSON.stringify([model.numTrees, session.threads]));`,
        folder,
      );
      expect(answer).toEqual([2, 2]);
    },
  );

  it('connects with executors by what is loaded late', async () => {
    const { address } = await startExecutor('--threads', '1');
    const answer = answerOf(
      `const { GBTRegressor, Session } = await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
        const refused = await Session.connect([${JSON.stringify(address)}], {}).catch(({ code }) => code);
        const session = await Session.connect([${JSON.stringify(address)}], { tokenFile: ${JSON.stringify(fileOfToken())} });
        const x = Float64Array.from({ length: 5000 }, (_, i) => i % 97);
        const table = session.createTable({ x, label: x.map((value) => value ** 2) });
        const model = await new GBTRegressor({ featuresCols: ['x'], maxIter: 3 }).fit(table);
        await session.close();
        console.log(JSON.stringify([refused, session.threads, model.numTrees]));`,
    );
    expect(answer).toEqual(['PARAM_INVALID', 1, 3]);
  });

  it('takes the CommonJS form of packages where require takes no ES modules, as in Jest', () => {
    const answer = answerOf(
      `const { BinaryClassificationEvaluator, createTable, RandomForestClassifier } =
        await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      const { tableFromArrays } = await import('apache-arrow');
      const x = Float64Array.from({ length: 300 }, (_, i) => i);
      const table = createTable(tableFromArrays({ x, label: x.map((value) => Number(value > 99)) }));
      const model = await new RandomForestClassifier({ featuresCols: ['x'], numTrees: 5 }).fit(table);
      const predicted = await (await model.transform(table)).collect();
      const area = await new BinaryClassificationEvaluator().evaluate(createTable(predicted));
      console.log(JSON.stringify([predicted.numRows, area]));`,
      root,
      ['--no-experimental-require-module'],
    );
    expect(answer).toEqual([300, 1]);
  });

  it.each(['index.js', 'executor-main.js'])(
    '%s loads no module of connections or threads when it is imported',
    (name) => {
      const before = `const loaded = () => process.moduleLoadList.filter((name) =>
        /^NativeModule (crypto|http|https|net|tls|worker_threads|zlib)$/.test(name));
      const first = new Set(loaded());
      await import(${JSON.stringify(pathToFileURL(join(bundle, name)).href)});
      console.log(JSON.stringify(loaded().filter((name) => !first.has(name))));`;
      expect(answerOf(before)).toEqual([]);
    },
  );

  it('makes objects of Arrow that share one hidden class', () => {
    const answer = answerOf(
      `const { createTable } = await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      const { schema } = createTable({ x: Float64Array.of(1), y: Float64Array.of(2) });
      const [x, y] = schema.fields;
      console.log(JSON.stringify([x !== y, %HaveSameMap(x, y), %HaveSameMap(x.type, y.type)]));`,
      root,
      ['--allow-natives-syntax'],
    );
    expect(answer).toEqual([true, true, true]);
  });

  it('makes and takes tables of the Arrow that the user imports', () => {
    const answer = answerOf(
      `import { Float, Schema, Table, tableFromArrays, vectorFromArray, DataType } from 'apache-arrow';
      const { createTable, Session } = await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      const mine = createTable(tableFromArrays({ x: Float32Array.of(1, 2), y: Int32Array.of(3, 4) }));
      const collected = await mine.collect();
      const made = await createTable({ s: ['a', null], d: [new Date(0), null] }).collect();
      const ofArrays = createTable({ x: Float64Array.of(1), y: Int8Array.of(1) }).schema;
      await Session.default().close();
      console.log(JSON.stringify({
        isTable: [collected instanceof Table, made instanceof Table],
        isFloat: DataType.isFloat(collected.schema.fields[0].type),
        isOfTheClass: [collected.constructor === Table, collected.schema.fields[0].type instanceof Float],
        ofArrays: [ofArrays instanceof Schema, ofArrays.fields.map(({ type }) => type.constructor.name)],
        rows: [collected.toArray().map(String), made.toArray().map(String)],
      }));`,
    );
    expect(answer).toEqual({
      ofArrays: [true, ['Float64', 'Int8']],
      isTable: [true, true],
      isFloat: true,
      isOfTheClass: [true, true],
      rows: [
        ['{"x": 1, "y": 3}', '{"x": 2, "y": 4}'],
        ['{"s": "a", "d": 0}', '{"s": null, "d": null}'],
      ],
    });
  });

  it('lets threads take vectors of the Arrow that a module of the user imports', () => {
    const functions = pathToFileURL(join(root, 'test', 'table', 'functions-for-tests.mjs')).href;
    const answer = answerOf(
      `const { createTable, fromModule, Session } = await import(${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)});
      const of = (name) => fromModule(${JSON.stringify(functions)}, name);
      const table = createTable({ x: [1, 2, 3] })
        .filter(of('vectorAboveOne'))
        .withColumn('word', of('vectorOfWords'), { type: 'string' })
        .withColumn('category', of('vectorOfWords'), { type: 'category' });
      const rows = (await table.collect()).toArray().map(String);
      await Session.default().close();
      console.log(JSON.stringify(rows));`,
    );
    expect(answer).toEqual([
      '{"x": 2, "word": null, "category": null}',
      '{"x": 3, "word": "word 3", "category": "word 3"}',
    ]);
  });
});
