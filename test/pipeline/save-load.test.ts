import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CoppiceError } from '../../src/base/errors.ts';
import { libraryVersion } from '../../src/pipeline/format-version.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { PipelineModel } from '../../src/pipeline/pipeline-model.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';
import { ToyModel, toyModel } from './toy-model.ts';

const root = temporaryFolder('save');
let counter = 0;
const fresh = (): string => join(root, `model-${counter++}`);

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof CoppiceError ? error.code : `untyped: ${String(error)}`;
  }
  return 'no error';
}

async function savedPipeline(): Promise<string> {
  const path = fresh();
  const stages = [
    toyModel(1),
    new PipelineModel({ uid: 'inner' }, { stages: [toyModel(2)], inputSchema: [] }),
  ];
  await new PipelineModel({}, { stages, inputSchema: [{ name: 'x', type: 'double' }] }).save(path);
  return path;
}

/** Writes metadata.json anew and makes the manifest fit it. */
function rewriteMetadata(path: string, change: (metadata: Record<string, unknown>) => void): void {
  const metadata = JSON.parse(readFileSync(join(path, 'metadata.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  change(metadata);
  replaceFile(path, 'metadata.json', `${JSON.stringify(metadata, null, 2)}\n`);
}

function replaceFile(path: string, name: string, content: string): void {
  writeFileSync(join(path, name), content);
  const manifest = JSON.parse(readFileSync(join(path, 'MANIFEST.json'), 'utf8')) as {
    files: { path: string; size: number; sha256: string }[];
  };
  for (const file of manifest.files.filter((entry) => entry.path === name)) {
    file.size = Buffer.byteLength(content);
    file.sha256 = createHash('sha256').update(content).digest('hex');
  }
  writeFileSync(join(path, 'MANIFEST.json'), JSON.stringify(manifest));
}

describe('a saved stage', () => {
  it('comes back with its parameters and numbers', async () => {
    const path = fresh();
    await toyModel(7, 5, { size: 9 }).save(path);
    const loaded = await ToyModel.load(path);
    expect(loaded.params.size).toBe(9);
    expect(loaded.state.values).toEqual(new Float64Array(5).fill(7));
    expect(loaded.uid).toBe(toyModel(7, 5, { size: 9 }).uid);
  });

  it('has the layout that the docs describe', async () => {
    const path = await savedPipeline();
    const files = Object.keys(folderContent(path));
    const [first, second] = readdirSync(join(path, 'stages'));
    expect(first).toMatch(/^0_ToyModel_[0-9a-f]{12}$/);
    expect(second).toBe('1_inner');
    expect(files).toContain('MANIFEST.json');
    expect(files).toContain('metadata.json');
    expect(files).toContain(`stages/${first}/trees.safetensors`);
    const metadata = JSON.parse(readFileSync(join(path, `stages/${first}/metadata.json`), 'utf8'));
    expect(Object.keys(metadata)).toEqual([
      'formatVersion',
      'libraryVersion',
      'class',
      'uid',
      'params',
      'schema',
      'rowIds',
      'extra',
    ]);
    expect(metadata).toMatchObject({
      formatVersion: 1,
      class: 'ToyModel',
      uid: String(first).slice(2),
      params: { set: {}, default: { size: 3 } },
      schema: [{ name: 'x', type: 'double' }],
      rowIds: 'position',
      extra: { count: 100 },
    });
  });

  it('has the same bytes each time, and after load and save', async () => {
    const [one, two, three] = [await savedPipeline(), await savedPipeline(), fresh()];
    expect(folderContent(two)).toEqual(folderContent(one));
    await (await loadStage(one)).save(three);
    expect(folderContent(three)).toEqual(folderContent(one));
  });

  it('does not depend on parameters that are not saved', async () => {
    const [one, two] = [fresh(), fresh()];
    await toyModel(1, 5, { threads: 1 }).save(one);
    await toyModel(1, 5, { threads: 8 }).save(two);
    expect(folderContent(two)).toEqual(folderContent(one));
  });

  it('holds no host and no path', async () => {
    const path = await savedPipeline();
    const text = Object.keys(folderContent(path))
      .map((file) => readFileSync(join(path, file), 'latin1'))
      .join('\n');
    expect(text).not.toContain(root);
    expect(text).not.toContain(hostname());
  });

  it('keeps ten and more stages in order', async () => {
    const path = fresh();
    const stages = Array.from({ length: 12 }, (_, index) => toyModel(index, 1));
    await new Pipeline({ stages }).save(path);
    const loaded = await Pipeline.load(path);
    expect(loaded.stages.map((stage) => (stage as ToyModel).state.values[0])).toEqual(
      stages.map((_, i) => i),
    );
  });

  it('needs the functions that it names, and says which', async () => {
    const path = fresh();
    const double = (x: number): number => 2 * x;
    await toyModel(1, 1, { objective: double }).save(path);
    expect(await codeOf(loadStage(path))).toBe('FUNCTION_MISSING');
    await expect(loadStage(path)).rejects.toThrow('give it to load as { functions: { double } }');
    const loaded = await ToyModel.load(path, { functions: { double } });
    expect(loaded.params.objective).toBe(double);
    const unnamed = (
      () => (x: number) =>
        x
    )();
    expect(await codeOf(toyModel(1, 1, { objective: unnamed }).save(fresh()))).toBe(
      'PARAM_INVALID',
    );
  });

  it('is written by the version in package.json', () => {
    const file = new URL('../../package.json', import.meta.url);
    expect(libraryVersion).toBe(
      (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version,
    );
  });
});

describe('a path that is taken', () => {
  it('is refused without overwrite and left as it was', async () => {
    const path = fresh();
    await toyModel(1).save(path);
    const before = folderContent(path);
    expect(await codeOf(toyModel(2).save(path))).toBe('FILE_EXISTS');
    expect(folderContent(path)).toEqual(before);
    await toyModel(2).save(path, { overwrite: true });
    expect((await ToyModel.load(path)).state.values[0]).toBe(2);
    expect(readdirSync(root).filter((name) => /\.(tmp|old)-/.test(name))).toEqual([]);
  });

  it('is not overwritten when it is no saved stage', async () => {
    const path = fresh();
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'ten years');
    expect(await codeOf(toyModel(2).save(path, { overwrite: true }))).toBe('FILE_EXISTS');
    expect(readFileSync(join(path, 'thesis.txt'), 'utf8')).toBe('ten years');
    const file = fresh();
    writeFileSync(file, 'x');
    expect(await codeOf(toyModel(2).save(file, { overwrite: true }))).toBe('FILE_EXISTS');
  });

  it('is overwritten when the saved stage there is damaged', async () => {
    const path = fresh();
    await toyModel(1).save(path);
    unlinkSync(join(path, 'MANIFEST.json'));
    await toyModel(2).save(path, { overwrite: true });
    expect((await ToyModel.load(path)).state.values[0]).toBe(2);
  });

  it('may be written by many saves at once; one of them wins', async () => {
    const path = fresh();
    await Promise.all(
      [1, 2, 3, 4, 5].map((fill) => toyModel(fill).save(path, { overwrite: true })),
    );
    expect([1, 2, 3, 4, 5]).toContain((await ToyModel.load(path)).state.values[0]);
    expect(readdirSync(root).filter((name) => /\.(tmp|old)-/.test(name))).toEqual([]);
  });
});

describe('loading', () => {
  it('refuses another class by name', async () => {
    const path = await savedPipeline();
    await expect(ToyModel.load(path)).rejects.toThrow(
      'must be of class ToyModel; it is of class PipelineModel: load it with PipelineModel.load or loadStage',
    );
    expect(await codeOf(ToyModel.load(path))).toBe('MODEL_CLASS');
  });

  it('says when nothing is there', async () => {
    expect(await codeOf(loadStage(fresh()))).toBe('FILE_NOT_FOUND');
    const empty = fresh();
    mkdirSync(empty);
    expect(await codeOf(loadStage(empty))).toBe('MODEL_FORMAT');
  });

  it('refuses every file that is changed, shortened, lengthened or missing', async () => {
    const names = Object.keys(folderContent(await savedPipeline()));
    for (const name of names) {
      const damages: ((file: string) => void)[] = [
        (file) => truncateSync(file, readFileSync(file).byteLength >> 1),
        (file) => truncateSync(file, 0),
        (file) => appendFileSync(file, 'x'),
        (file) => unlinkSync(file),
      ];
      for (const damage of damages) {
        const path = await savedPipeline();
        damage(join(path, name));
        expect(`${name}: ${await codeOf(loadStage(path))}`).toBe(`${name}: MODEL_FORMAT`);
        rmSync(path, { recursive: true });
      }
    }
  });

  it('never takes a flipped byte for the model', async () => {
    const path = fresh();
    await toyModel(1, 3).save(path);
    for (const name of Object.keys(folderContent(path))) {
      const good = readFileSync(join(path, name));
      for (let at = 0; at < good.byteLength; at++) {
        const bad = Buffer.from(good);
        bad[at] = Number(bad[at]) ^ (1 << (at % 8));
        writeFileSync(join(path, name), bad);
        const code = await codeOf(loadStage(path));
        // White space of the manifest may change without harm; nothing else.
        if (code === 'no error') expect(name).toBe('MANIFEST.json');
        else expect(['MODEL_FORMAT', 'MODEL_VERSION']).toContain(code);
      }
      writeFileSync(join(path, name), good);
    }
    expect(await codeOf(loadStage(path))).toBe('no error');
  });

  it('refuses a newer format by its version', async () => {
    const path = fresh();
    await toyModel(1).save(path);
    rewriteMetadata(path, (metadata) => {
      metadata['formatVersion'] = 2;
    });
    await expect(loadStage(path)).rejects.toThrow(
      'has format version 2, written by a newer coppice',
    );
    expect(await codeOf(loadStage(path))).toBe('MODEL_VERSION');
  });

  it.each<[string, string, (metadata: Record<string, unknown>) => void]>([
    ['an unknown class', 'MODEL_CLASS', (m) => Object.assign(m, { class: 'NoSuchStage' })],
    ['Object as class', 'MODEL_CLASS', (m) => Object.assign(m, { class: 'constructor' })],
    [
      'an unknown parameter',
      'MODEL_FORMAT',
      (m) => Object.assign(m, { params: { set: { nope: 1 }, default: {} } }),
    ],
    [
      'a parameter of the wrong type',
      'MODEL_FORMAT',
      (m) => Object.assign(m, { params: { set: { size: 'x' }, default: {} } }),
    ],
    ['no params', 'MODEL_FORMAT', (m) => Object.assign(m, { params: null })],
    ['no schema', 'MODEL_FORMAT', (m) => Object.assign(m, { schema: null })],
    ['a schema that is none', 'MODEL_FORMAT', (m) => Object.assign(m, { schema: [{ name: 1 }] })],
    ['a wrong count', 'MODEL_FORMAT', (m) => Object.assign(m, { extra: { count: 99 } })],
    ['extra that is no object', 'MODEL_FORMAT', (m) => Object.assign(m, { extra: 3 })],
    ['an unknown mode of row ids', 'MODEL_FORMAT', (m) => Object.assign(m, { rowIds: 'mystery' })],
    [
      'a format version that is none',
      'MODEL_FORMAT',
      (m) => Object.assign(m, { formatVersion: 'x' }),
    ],
  ])('refuses %s', async (_, code, change) => {
    const path = fresh();
    await toyModel(1).save(path);
    rewriteMetadata(path, change);
    expect(await codeOf(loadStage(path))).toBe(code);
  });

  it('leaves Object.prototype alone', async () => {
    const path = fresh();
    await toyModel(1).save(path);
    const text = readFileSync(join(path, 'metadata.json'), 'utf8');
    replaceFile(
      path,
      'metadata.json',
      text.replace('"set": {}', '"set": {"__proto__": {"polluted": 1}}'),
    );
    expect(await codeOf(loadStage(path))).toBe('MODEL_FORMAT');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each([
    '../outside',
    '/etc/passwd',
    'a/../../b',
    'a\\b',
    '',
    '.',
    'a//b',
    'x\u0000y',
    'MANIFEST.json/..',
  ])('refuses the path %j in a manifest', async (name) => {
    const path = fresh();
    await toyModel(1).save(path);
    const manifest = JSON.parse(readFileSync(join(path, 'MANIFEST.json'), 'utf8'));
    manifest.files.push({ path: name, size: 1, sha256: '0'.repeat(64) });
    writeFileSync(join(path, 'MANIFEST.json'), JSON.stringify(manifest));
    await expect(loadStage(path)).rejects.toThrow('names a path that is not allowed');
  });

  it('follows no link inside a model', async () => {
    const path = await savedPipeline();
    renameSync(join(path, 'metadata.json'), join(root, 'elsewhere.json'));
    symlinkSync(join(root, 'elsewhere.json'), join(path, 'metadata.json'));
    await expect(loadStage(path)).rejects.toThrow('is a link, which is not followed');
    const other = await savedPipeline();
    renameSync(join(other, 'stages'), join(root, 'stages-elsewhere'));
    symlinkSync(join(root, 'stages-elsewhere'), join(other, 'stages'));
    expect(await codeOf(loadStage(other))).toBe('MODEL_FORMAT');
  });

  it('takes a link to the folder itself, as the caller named it', async () => {
    const path = await savedPipeline();
    const link = fresh();
    symlinkSync(path, link);
    expect((await loadStage(link)).className).toBe('PipelineModel');
  });

  it('does not replace a link to a folder, and says where it leads', async () => {
    const path = await savedPipeline();
    const link = fresh();
    symlinkSync(path, link);
    await expect(toyModel(1).save(link, { overwrite: true })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
      message: `${link} exists and is a symbolic link to ${realpathSync(path)}, so it is not overwritten: give the path that it leads to, or remove the link`,
    });
    expect((await loadStage(link)).className).toBe('PipelineModel');
  });

  it('ignores files that the manifest does not name', async () => {
    const path = await savedPipeline();
    writeFileSync(join(path, '.DS_Store'), 'x');
    expect((await loadStage(path)).className).toBe('PipelineModel');
  });
});

describe('an interrupted switch', () => {
  const dead = `00000000-999999999-0123abcd`;

  it('is finished by load when the new folder is there', async () => {
    const path = fresh();
    await toyModel(1).save(`${path}.old-${dead}`);
    await toyModel(2).save(`${path}.tmp-${dead}`);
    expect((await ToyModel.load(path)).state.values[0]).toBe(2);
    expect(existsSync(`${path}.tmp-${dead}`)).toBe(false);
  });

  it('is undone by load when only the old folder is there', async () => {
    const path = fresh();
    await toyModel(1).save(`${path}.old-${dead}`);
    expect((await ToyModel.load(path)).state.values[0]).toBe(1);
    expect(existsSync(`${path}.old-${dead}`)).toBe(false);
  });

  it('is repaired by the next save, which still refuses to overwrite unasked', async () => {
    const path = fresh();
    await toyModel(1).save(`${path}.old-${dead}`);
    expect(await codeOf(toyModel(3).save(path))).toBe('FILE_EXISTS');
    expect((await ToyModel.load(path)).state.values[0]).toBe(1);
  });

  it('does not take a half-written first save for a model', async () => {
    const path = fresh();
    await toyModel(1).save(`${path}.tmp-${dead}`);
    expect(await codeOf(loadStage(path))).toBe('FILE_NOT_FOUND');
    await toyModel(2).save(path);
    expect((await ToyModel.load(path)).state.values[0]).toBe(2);
  });
});

describe('a uid', () => {
  it('follows from class and saved parameters, unless it is given', () => {
    expect(toyModel(1).uid).toMatch(/^ToyModel_[0-9a-f]{12}$/);
    expect(toyModel(1, 1, { size: 3, threads: 4 }).uid).toBe(toyModel(2).uid);
    expect(toyModel(1, 1, { size: 4 }).uid).not.toBe(toyModel(1).uid);
    expect(toyModel(1, 1, { uid: 'mine' }).uid).toBe('mine');
    expect(toyModel(1).uidAt('/0')).not.toBe(toyModel(1).uidAt('/1'));
  });

  it('of a pipeline follows from its stages', () => {
    const one = new Pipeline({ stages: [toyModel(1)] });
    const two = new Pipeline({ stages: [toyModel(1, 1, { size: 8 })] });
    expect(one.uid).not.toBe(two.uid);
  });

  it('a copy differs in the given parameters only', () => {
    const model = toyModel(5, 2, { size: 8 });
    const copy = model.copy({ threads: 3 });
    expect(copy.params).toEqual({ ...model.params, threads: 3 });
    expect(copy.state).toBe(model.state);
    expect(model.copy({ size: undefined }).params.size).toBe(3);
  });
});

it('a model cannot be constructed unfitted', () => {
  expect(() => new ToyModel({}, undefined as never)).toThrow(
    expect.objectContaining({ code: 'NOT_FITTED' }),
  );
});
