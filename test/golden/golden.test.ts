/**
 * Models that an earlier version saved must load for ever, predict the recorded bits, and be saved again
 * as the same bytes. `write-golden.ts` made them; see there how to add one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/pipeline/model.ts';
import { loadSavedStage } from '../../src/pipeline/stage-reader.ts';
import { registeredStages } from '../../src/pipeline/stage-registry.ts';
import { folderContent, temporaryFolder } from '../tools/temporary-folder.ts';
import { answersOf } from './golden-answers.ts';
import { questionTable } from './golden-cases.ts';

const golden = fileURLToPath(new URL('v1', import.meta.url));
const folder = temporaryFolder('golden');
const names = readdirSync(golden, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe.each(names)('the golden %s of format version 1', (name) => {
  const path = join(golden, name);

  it('loads and predicts the recorded bits', async () => {
    const model = (await loadSavedStage(path)) as unknown as Model;
    const recorded = JSON.parse(readFileSync(`${path}.answers.json`, 'utf8')) as unknown;
    expect(await answersOf(model, questionTable())).toEqual(recorded);
  });

  it('is saved again as the same bytes, but for the version that saved it', async () => {
    const model = (await loadSavedStage(path)) as unknown as Model;
    await model.save(join(folder, name));
    const found = withoutUids(folderContent(join(folder, name)));
    const recorded = withoutUids(folderContent(path));
    const carriesVersion = (file: string): boolean => /(metadata|MANIFEST)\.json$/.test(file);
    expect(Object.keys(found)).toEqual(Object.keys(recorded));
    for (const [file, hash] of Object.entries(recorded)) {
      if (!carriesVersion(file)) expect([file, found[file]]).toEqual([file, hash]);
    }
  });
});

it('has a golden model of every class of models', () => {
  const saved = new Set<string>();
  for (const file of readdirSync(golden, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('metadata.json')) continue;
    const { class: name } = JSON.parse(readFileSync(join(golden, file), 'utf8')) as {
      class: string;
    };
    saved.add(name);
  }
  const models = registeredStages().filter((name) => name.endsWith('Model'));
  expect(models.filter((name) => !saved.has(name))).toEqual([]);
});

/** Files by their names; a stage's uid hangs on its parameters, of which a later version has more. */
function withoutUids(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([file, hash]) => [file.replace(/_[0-9a-f]{12}(?=\/)/, ''), hash]),
  );
}
