/** Saved models that were changed with their hashes: refused for what is wrong, before anything is walked. */
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { GBTClassificationModel } from '../../../src/ensemble/boosting/gbt-classifier.ts';
import { manifestText } from '../../../src/pipeline/manifest.ts';
import {
  decodeTensors,
  encodeTensors,
  type TensorData,
} from '../../../src/pipeline/safetensors.ts';
import { loadSavedStage } from '../../../src/pipeline/stage-reader.ts';
import { errorOf } from '../../contract/error-of.ts';
import { randomData } from '../../tools/random-data.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { fitSample } from '../../training/fit-sample.ts';

const folder = temporaryFolder('damaged-models');
const saved = join(folder, 'model');
const recipe = {
  seed: 2,
  numRows: 500,
  kinds: ['float32', 'words', 'many words'],
  missing: 0.1,
} as const;
const features = { featuresCols: ['x0', 'x1', 'x2'] };

beforeAll(async () => {
  const data = randomData(recipe);
  const options = { ...features, labelCol: 'k', maxIter: 3, minCategoryRows: 0 };
  await (await fitSample({ name: 'GBTClassifier', options }, data)).save(saved);
});

type Arrays = Record<string, TensorData>;
let copies = 0;

/** A copy of the model with one file changed, and a manifest that fits it. */
function changed(file: string, change: (bytes: Uint8Array) => Uint8Array): string {
  copies += 1;
  const copy = join(folder, `copy${copies}`);
  cpSync(saved, copy, { recursive: true });
  // a fresh buffer, so that arrays lie at multiples of 8
  writeFileSync(join(copy, file), change(Uint8Array.from(readFileSync(join(copy, file)))));
  const manifest = JSON.parse(readFileSync(join(copy, 'MANIFEST.json'), 'utf8')) as {
    files: { path: string }[];
  };
  const entries = manifest.files.map(({ path }) => {
    const bytes = readFileSync(join(copy, path));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, size: bytes.length, sha256 };
  });
  writeFileSync(join(copy, 'MANIFEST.json'), manifestText(entries));
  return copy;
}

function withTensors(change: (arrays: Arrays) => void, name = 'trees'): string {
  return changed(`${name}.safetensors`, (bytes) => {
    const arrays: Arrays = { ...decodeTensors(bytes, name) };
    change(arrays);
    return Buffer.concat(encodeTensors(arrays));
  });
}

interface Metadata {
  extra: Record<string, unknown> & { features: Record<string, unknown>[] };
}

function withMetadata(change: (metadata: Metadata) => void): string {
  return changed('metadata.json', (bytes) => {
    const metadata = JSON.parse(Buffer.from(bytes).toString('utf8')) as Metadata;
    change(metadata);
    return Buffer.from(`${JSON.stringify(metadata, null, 2)}\n`);
  });
}

/** The first node of the first tree that splits so. */
function splitOf(arrays: Arrays, isCategory: boolean): number {
  const left = arrays['leftChild'] as Uint32Array;
  const flags = arrays['flags'] as Uint8Array;
  return left.findIndex((child, n) => child > 0 && ((flags[n] as number) & 4) > 0 === isCategory);
}

const last = (array: TensorData): number => array.length - 1;

describe('a saved model that was changed', () => {
  it('loads where nothing but the manifest was written anew', async () => {
    const model = await loadSavedStage(changed('metadata.json', (bytes) => bytes));
    expect(model).toBeInstanceOf(GBTClassificationModel);
    expect(await loadSavedStage(withTensors(() => undefined))).toBeInstanceOf(
      GBTClassificationModel,
    );
  });

  const damages: Readonly<Record<string, [(arrays: Arrays) => void, RegExp]>> = {
    'a child that leads back': [
      (a) => {
        const n = (a['leftChild'] as Uint32Array).findIndex((left, i) => i > 0 && left > 0);
        (a['leftChild'] as Uint32Array)[n] = 1;
      },
      /node \d+ has a child that is not behind it/,
    ],
    'a child beyond its tree': [
      (a) => {
        (a['leftChild'] as Uint32Array)[0] = 0xffffffff;
      },
      /tree 0 whose node 0 has a child outside the tree/,
    ],
    'two parents of one child': [
      (a) => {
        const left = a['leftChild'] as Uint32Array;
        const second = left.findIndex((child, i) => i > 0 && child > 0);
        const third = left.findIndex((child, i) => i > second && child > 0);
        left[second] = left[third] as number;
      },
      /is not the child of one node/,
    ],
    'a feature that is not there': [
      (a) => {
        (a['feature'] as Int32Array)[0] = 3;
      },
      /node 0 splits on feature 3, which does not exist/,
    ],
    'a category split on a number': [
      (a) => {
        (a['feature'] as Int32Array)[splitOf(a, true)] = 0;
      },
      /splits on a feature of the other kind/,
    ],
    'a threshold that is no number': [
      (a) => {
        (a['threshold'] as Float64Array)[splitOf(a, false)] = Number.NaN;
      },
      /has no threshold/,
    ],
    'category bits beyond the end': [
      (a) => {
        (a['categoryStart'] as Uint32Array)[splitOf(a, true)] = 0xfffffff0;
      },
      /lists categories that are not there/,
    ],
    'more categories than the feature has': [
      (a) => {
        (a['categoryCount'] as Uint32Array)[splitOf(a, true)] = 0xffffffff;
      },
      /lists more categories than there are/,
    ],
    'a leaf that is not finite': [
      (a) => {
        (a['value'] as Float64Array)[last(a['value'] as TensorData)] = Number.POSITIVE_INFINITY;
      },
      /has a leaf that is not finite/,
    ],
    'a starting score that is not finite': [
      (a) => {
        (a['baseScores'] as Float64Array)[0] = Number.NaN;
      },
      /has a starting score that is not finite/,
    ],
    'more starting scores than classes': [
      (a) => {
        a['baseScores'] = new Float64Array(9);
      },
      /has 9 scores for 4 classes/,
    ],
    'no trees at all, not even a beginning': [
      (a) => {
        a['treeStart'] = new Uint32Array(0);
      },
      /does not say where its trees begin/,
    ],
    'trees that claim more nodes than there are': [
      (a) => {
        const start = a['treeStart'] as Uint32Array;
        start[last(start)] = 0xffffffff;
      },
      /feature/,
    ],
    'trees that begin in the wrong order': [
      (a) => {
        const start = a['treeStart'] as Uint32Array;
        [start[1], start[2]] = [start[2] as number, start[1] as number];
      },
      /tree/,
    ],
    'an array that is missing': [
      (a) => {
        delete a['cover'];
      },
      /cover/,
    ],
    'an array of another type': [
      (a) => {
        a['cover'] = Float32Array.from(a['cover'] as Float64Array);
      },
      /cover/,
    ],
    'an array that is too short': [
      (a) => {
        a['flags'] = (a['flags'] as Uint8Array).slice(1);
      },
      /flags/,
    ],
  };
  for (const [name, [damage, says]] of Object.entries(damages)) {
    it(`is refused for ${name}`, async () => {
      const path = withTensors(damage);
      const error = await errorOf(() => GBTClassificationModel.load(path));
      expect([error.code, error.message]).toEqual(['MODEL_FORMAT', expect.stringMatching(says)]);
      expect(error.message.includes(path) || error.message.includes('trees.safetensors')).toBe(
        true,
      );
    });
  }

  const lies: Readonly<Record<string, (metadata: Metadata) => void>> = {
    'a class less': ({ extra }) => {
      extra['classes'] = [0, 1, 2];
    },
    'classes that are objects': ({ extra }) => {
      extra['classes'] = [{}, {}, {}, {}];
    },
    'no classes': ({ extra }) => {
      extra['classes'] = null;
    },
    'no outputs': ({ extra }) => {
      extra['numOutputs'] = 0;
    },
    'half an output': ({ extra }) => {
      extra['numOutputs'] = 0.5;
    },
    'many outputs': ({ extra }) => {
      extra['numOutputs'] = 2 ** 40;
    },
    'a feature of no kind': ({ extra }) => {
      (extra.features[0] as Record<string, unknown>)['kind'] = 'thing';
    },
    'a feature without a column': ({ extra }) => {
      (extra.features[0] as Record<string, unknown>)['path'] = [];
    },
    'a number that is a category': ({ extra }) => {
      (extra.features[0] as Record<string, unknown>)['kind'] = 'category';
    },
    'one feature less': ({ extra }) => {
      extra.features.pop();
    },
    'no features': ({ extra }) => {
      (extra as Record<string, unknown>)['features'] = 'x0';
    },
    'a type that is no text': ({ extra }) => {
      extra['labelType'] = 7;
    },
  };
  for (const [name, lie] of Object.entries(lies)) {
    it(`is refused for ${name}`, async () => {
      const error = await errorOf(() => loadSavedStage(withMetadata(lie)));
      expect(error.code).toBe('MODEL_FORMAT');
    });
  }

  it('is refused for categories that do not add up', async () => {
    const path = withTensors((arrays) => {
      const ends = arrays['c1.ends'] as Uint32Array;
      ends[0] = 0xffffffff;
    }, 'categories');
    expect((await errorOf(() => loadSavedStage(path))).code).toBe('MODEL_FORMAT');
  });
});
