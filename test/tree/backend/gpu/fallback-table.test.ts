/** What `device` does where a GPU cannot be used, case by case of the guide's table: `gpu` is refused, `auto` goes on. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GBTClassifier } from '../../../../src/ensemble/boosting/gbt-classifier.ts';
import { RandomForestClassifier } from '../../../../src/ensemble/forest/random-forest-classifier.ts';
import { Session } from '../../../../src/session/session.ts';
import { chooseDevice } from '../../../../src/training/rigs/choose-device.ts';
import type { DeviceFailure } from '../../../../src/tree/backend/gpu/device-failure.ts';
import {
  explainCrash,
  explainImport,
  explainNoAdapter,
  explainSilence,
  explainSoftware,
  explainVersion,
} from '../../../../src/tree/backend/gpu/explain-failure.ts';

const probed = vi.hoisted(() => ({ failure: null as Error | null, times: 0 }));
vi.mock('../../../../src/tree/backend/gpu/probe-device.ts', () => ({
  probeDevice: async () => {
    probed.times += 1;
    if (probed.failure !== null) throw probed.failure;
    return { name: 'NVIDIA H100', backend: 'vulkan' };
  },
}));

const missing = Object.assign(new Error("Cannot find package 'webgpu'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
const old = new Error("libstdc++.so.6: version `GLIBCXX_3.4.32' not found");

/** Each row of the table, and the words that tell what to do. */
const cases: readonly (readonly [string, DeviceFailure, readonly string[]])[] = [
  ['a package is missing', explainImport(missing), ['npm i gpu.js@2.24.1 webgpu@0.6.2']],
  ['a package does not load', explainImport(new Error('bad image')), ['bad image', 'npm i gpu.js']],
  ['a newer glibc is needed', explainImport(old), ['GLIBCXX_3.4.32', 'webgpu@0.6.2']],
  ['a package has another version', explainVersion('2.9.0'), ['2.9.0', 'gpu.js@2.24.1']],
  [
    'no adapter answers',
    explainNoAdapter(['vulkan', 'metal']),
    ['vulkan, metal', 'libvulkan1', 'nvidia_icd.json', 'NVIDIA_DRIVER_CAPABILITIES', 'VK_DRIVER'],
  ],
  ['only a program answers', explainSoftware('llvmpipe'), ['llvmpipe', 'ALLOW_SOFTWARE_GPU=1']],
  ['the driver crashes', explainCrash('SIGSEGV'), ['SIGSEGV', 'update it']],
  ['the driver hangs', explainSilence(20), ['20 seconds']],
];

const said: string[] = [];
const listen = ({ name, message }: Error): number => said.push(`${name}: ${message}`);
const question = { owner: 'GBTRegressor', numValues: 50_000_000, hasOtherProcesses: false };
const auto = { ...question, request: { kind: 'auto' } } as const;

beforeEach(() => {
  said.length = 0;
  probed.failure = null;
  probed.times = 0;
  process.on('warning', listen);
});
afterEach(() => {
  process.off('warning', listen);
});

const warnings = async (): Promise<readonly string[]> => {
  await new Promise((resolve) => setImmediate(resolve));
  return said;
};

describe.each(cases)('where %s', (_what, failure, words) => {
  it('refuses gpu with what helps, and trains on the CPU for auto, with one line', async () => {
    probed.failure = failure;
    const wants = { ...question, request: { kind: 'gpu' } } as const;
    const error = await chooseDevice(wants).then(
      () => null,
      (thrown: { code: string; message: string }) => thrown,
    );
    expect(error?.code).toBe('GPU_UNAVAILABLE');
    for (const word of words) expect(error?.message).toContain(word);
    expect(error?.message).toMatch(
      /^device of GBTRegressor must be 'cpu' or 'auto' on this machine/,
    );
    expect(error?.message).toMatch(/device 'cpu' trains the same model without it/);
    expect(await chooseDevice(auto)).toBeNull();
    expect(await warnings()).toEqual([
      `CoppiceNotice: GBTRegressor is trained on the CPU: ${failure.message}`,
    ]);
  });
});

describe('where there is a GPU', () => {
  it('takes it for auto from so many values on, and says which and why', async () => {
    expect(await chooseDevice(auto)).toEqual({ kind: 'auto' });
    expect(await warnings()).toEqual([
      'CoppiceNotice: GBTRegressor is trained on NVIDIA H100 (vulkan): 50000000 values are at least 50000000',
    ]);
    expect(await chooseDevice({ ...auto, numValues: 49_999_999 })).toBeNull();
    expect(probed.times).toBe(1);
  });

  it('leaves it to other processes to look for their own', async () => {
    const elsewhere = { ...question, hasOtherProcesses: true, request: { kind: 'gpu' } } as const;
    expect(await chooseDevice(elsewhere)).toEqual({ kind: 'gpu' });
    expect(probed.times).toBe(0);
  });
});

describe('the device of a session', () => {
  it('is that of its estimators, unless they say otherwise or cannot use one', async () => {
    probed.failure = explainSilence(20);
    const session = await Session.local({ threads: 1, device: 'gpu' });
    const x = Array.from({ length: 40 }, (_, i) => i % 11);
    const table = session.createTable({ x, y: x.map((value) => (value > 5 ? 'a' : 'b')) });
    const common = { labelCol: 'y', featuresCols: ['x'], maxDepth: 2 };
    const few = { ...common, maxIter: 1 };
    const refused = { code: 'GPU_UNAVAILABLE' };
    await expect(new GBTClassifier(few).fit(table)).rejects.toMatchObject(refused);
    const forest = new RandomForestClassifier({ ...common, numTrees: 1 });
    await expect(forest.fit(table)).rejects.toMatchObject(refused);
    expect(probed.times).toBe(2);
    await new GBTClassifier({ ...few, device: 'cpu' }).fit(table);
    await new GBTClassifier({ ...few, growPolicy: 'oblivious' }).fit(table);
    const monotone = { monotoneConstraints: { x: 1 }, monotonePenalty: 1 };
    for (const options of [
      { gainFactors: { x: 0.5 } },
      { featureCosts: { x: 1 } },
      { featureCostsPerRow: { x: 1 } },
      { forcedSplits: { feature: 'x', threshold: 4 } },
      monotone,
    ]) {
      await new GBTClassifier({ ...few, ...options }).fit(table);
    }
    const honest = { ...common, numTrees: 1, honestLeafShare: 0.5 };
    await new RandomForestClassifier(honest).fit(table);
    expect(probed.times).toBe(2);
    await session.close();
  });

  it('is refused by name where an estimator asks for what no device does', () => {
    const bad = { labelCol: 'y', maxDepth: 3, growPolicy: 'oblivious', device: 'gpu' } as const;
    expect(() => new GBTClassifier(bad)).toThrow(
      'device of GBTClassifier must be cpu with growPolicy oblivious',
    );
    const common = { labelCol: 'y', maxDepth: 3, device: 'gpu' } as const;
    expect(
      () => new GBTClassifier({ ...common, forcedSplits: { feature: 'x', threshold: 1 } }),
    ).toThrow('must be cpu with forcedSplits');
    expect(
      () => new GBTClassifier({ ...common, monotoneConstraints: { x: 1 }, monotonePenalty: 1 }),
    ).toThrow('must be cpu with monotoneMethod intermediate or advanced, or with monotonePenalty');
    expect(() => new RandomForestClassifier({ ...common, honestLeafShare: 0.5 })).toThrow(
      'must be cpu with honestLeafShare',
    );
  });
});
