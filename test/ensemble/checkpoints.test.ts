import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { Checkpoints } from '../../src/ensemble/checkpoints.ts';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import type { FitOptions } from '../../src/pipeline/estimator.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { savedBytes } from '../tools/fitted-bytes.ts';
import { randomData, range } from '../tools/random-data.ts';
import { pickRows, type SampleData } from '../tools/sample-data.ts';
import { it, itDivided, someOf } from '../tools/some-cases.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { fitSample, predictedNumbers } from '../training/fit-sample.ts';

const data = randomData({
  seed: 13,
  numRows: 900,
  kinds: ['float32', 'words', 'float64', 'integers'],
  missing: 0.1,
});
const folder = temporaryFolder('checkpoints');
let numFolders = 0;
let warnings: string[] = [];

beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(String(warning));
  });
});
afterEach(() => vi.restoreAllMocks());

const newFolder = (): string => join(folder, `c${numFolders++}`);
const roundsIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /round-\d{8}$/.test(name))
    .map((name) => join(path, name))
    .sort();

type Options = Readonly<Record<string, unknown>>;
const common = {
  featuresCols: ['x0', 'x1', 'x2', 'x3'],
  maxLeaves: 6,
  minInstancesPerNode: 3,
  stepSize: 0.3,
  checkpointInterval: 4,
};
const nameOf = ({ labelCol }: Options) =>
  labelCol === 'k' ? 'GBTClassifier' : labelCol === 'r' ? 'GBTRanker' : 'GBTRegressor';
const averaged = { holdOutFolds: 5, numModels: 4, earlyStoppingRounds: 6 };
const fit = (
  options: Options,
  rows: SampleData = data,
  more: Omit<FitOptions, 'validation'> = {},
) => fitSample({ name: nameOf(options), options: { ...common, ...options } }, rows, more);

/** Ends a fit when so many rounds are done. */
async function interrupted(options: Options, afterRounds: number, initialModel?: TreeModel) {
  const abort = new AbortController();
  const onProgress: FitOptions['onProgress'] = ({ phase, done }) => {
    if (phase === 'train' && done === afterRounds) abort.abort();
  };
  const running = fit(options, data, { signal: abort.signal, onProgress, initialModel });
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
}

/** Fits, and says after how many rounds it first told of progress. */
async function firstRound(options: Options, initialModel?: TreeModel) {
  let first = 0;
  const onProgress: FitOptions['onProgress'] = ({ phase, done }) => {
    if (phase === 'train' && first === 0) first = done;
  };
  const model = await fit(options, data, { onProgress, initialModel });
  return { model, first };
}

describe('a fit that was ended and started again', () => {
  const ended = [
    { labelCol: 'y', maxIter: 20, subsamplingRate: 0.7, colsampleByTree: 0.5, offsetCol: 'o' },
    { labelCol: 'k', maxIter: 14, weightCol: 'w' },
    { labelCol: 'y', maxIter: 16, subsamplingRate: 0.5, featureCostsPerRow: { x0: 0.1, x1: 0.02 } },
    { labelCol: 'k', maxIter: 12, subsamplingRate: 0.7, numParallelTrees: 2 },
    { labelCol: 'y', maxIter: 14, lossType: 'quantile', quantileAlphas: [0.2, 0.8], idCol: 'id' },
    { labelCol: 'y', maxIter: 60, validationIndicatorCol: 'v', earlyStoppingRounds: 15 },
    { labelCol: 'r', groupCol: 'g', positionCol: 'q', maxIter: 14, validationIndicatorCol: 'v' },
  ];
  itDivided.each(someOf(ended))(
    'gives the model of one that was left alone: %j',
    async (options) => {
      const undisturbed = await savedBytes(await fit(options));
      const checkpointDir = newFolder();
      await interrupted({ ...options, checkpointDir }, 11);
      expect(roundsIn(checkpointDir).map((path) => path.slice(-14))).toEqual([
        'round-00000004',
        'round-00000008',
      ]);
      const { model, first } = await firstRound({ ...options, checkpointDir });
      expect(first).toBe(9);
      expect(await savedBytes(model)).toEqual(undisturbed);
      expect(warnings).toEqual([]);
    },
  );

  it('goes on behind an initial model', async () => {
    const options = { labelCol: 'y', maxIter: 12 };
    const initial = await fit({ labelCol: 'y', maxIter: 5 }, pickRows(data, range(400)));
    const undisturbed = await savedBytes(await fit(options, data, { initialModel: initial }));
    const checkpointDir = newFolder();
    await interrupted({ ...options, checkpointDir }, 9, initial);
    const { model, first } = await firstRound({ ...options, checkpointDir }, initial);
    expect([first, model.numTrees]).toEqual([9, 17]);
    expect(await savedBytes(model)).toEqual(undisturbed);
    const whole = (await loadStage(roundsIn(checkpointDir).at(-1) as string)) as TreeModel;
    expect(whole.numTrees).toBe(17);
  });

  it('leaves what is not its own where it is', async () => {
    const options = { labelCol: 'y', maxIter: 20, checkpointDir: newFolder() };
    await interrupted(options, 6);
    const note = join(dirname(roundsIn(options.checkpointDir)[0] as string), 'notes.txt');
    writeFileSync(note, 'mine');
    await fit(options);
    expect(existsSync(note)).toBe(true);
    expect(roundsIn(options.checkpointDir).filter((path) => path !== note).length).toBe(2);
  });

  it('leaves models that can be loaded and used', async () => {
    const checkpointDir = newFolder();
    await fit({ labelCol: 'y', maxIter: 9, checkpointDir });
    const [, last] = roundsIn(checkpointDir);
    const model = (await loadStage(last as string)) as TreeModel;
    expect(await predictedNumbers(model, data)).toEqual(
      await predictedNumbers(await fit({ labelCol: 'y', maxIter: 8 }), data),
    );
  });

  it('ends at once where it had stopped early', async () => {
    const options = {
      labelCol: 'y',
      maxIter: 400,
      stepSize: 1,
      validationIndicatorCol: 'v',
      earlyStoppingRounds: 8,
    };
    const undisturbed = await fit(options);
    const checkpointDir = newFolder();
    await fit({ ...options, checkpointDir });
    const { model } = await firstRound({ ...options, checkpointDir });
    expect(await savedBytes(model)).toEqual(await savedBytes(undisturbed));
  });
});

/** Ends a fit once ranks have told so often of rounds that are done. */
async function endedAfter(options: Options, numTold: number): Promise<void> {
  const abort = new AbortController();
  const { take } = Checkpoints.prototype;
  let count = 0;
  const spy = vi.spyOn(Checkpoints.prototype, 'take').mockImplementation(function (
    this: Checkpoints,
    snapshot,
  ) {
    take.call(this, snapshot);
    count += 1;
    if (count === numTold) abort.abort();
  });
  await expect(fit(options, data, { signal: abort.signal })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  spy.mockRestore();
}

describe('models that are averaged', () => {
  const members = [
    { labelCol: 'y', maxIter: 18, ...averaged, subsamplingRate: 0.8 },
    { labelCol: 'y', maxIter: 12, ...averaged, subsamplingRate: 0.8, numParallelTrees: 3 },
    { labelCol: 'k', maxIter: 9, ...averaged, weightCol: 'w', checkpointInterval: 2 },
    { labelCol: 'k', maxIter: 12, ...averaged, featureCostsPerRow: { x0: 0.05, x3: 0.01 } },
    { labelCol: 'y', maxIter: 12, ...averaged, lossType: 'quantile', quantileAlphas: [0.2, 0.8] },
  ];
  itDivided.each(someOf(members))('go on as they would have: %j', async (options) => {
    const undisturbed = await savedBytes(await fit(options));
    const checkpointDir = newFolder();
    const found: number[][] = [];
    // in the first model, in a later one, and behind what was resumed of it
    for (const numTold of [1, 4, 2]) {
      await endedAfter({ ...options, checkpointDir }, numTold);
      const whole = (await loadStage(roundsIn(checkpointDir).at(-1) as string)) as TreeModel;
      found.push([...whole.summary.memberRounds]);
    }
    expect(found.map((rounds) => rounds.filter((done) => done > 0).length)[0]).toBe(1);
    expect(found[2]?.filter((done) => done > 0).length).toBeGreaterThan(1);
    const model = await fit({ ...options, checkpointDir });
    expect(await savedBytes(model)).toEqual(undisturbed);
    const again = await fit({ ...options, checkpointDir });
    expect(await savedBytes(again)).toEqual(undisturbed);
    expect(warnings).toEqual([]);
  });

  const counts: [Options, number][] = [
    [{ labelCol: 'k' }, 8],
    [{ labelCol: 'k', stepSize: 0.1, earlyStoppingRounds: 100 }, 4],
  ];
  itDivided.each(someOf(counts))(
    'go on as they would have, whether there are twice as many in the end: %j',
    async (own, numModels) => {
      const options = { ...own, checkpointInterval: 7 };
      const model = await fit(options);
      expect(model.summary.memberRounds).toHaveLength(numModels);
      const undisturbed = await savedBytes(model);
      const checkpointDir = newFolder();
      for (const numTold of [1, 16, 8]) await endedAfter({ ...options, checkpointDir }, numTold);
      expect(await savedBytes(await fit({ ...options, checkpointDir }))).toEqual(undisturbed);
      expect(await savedBytes(await fit({ ...options, checkpointDir }))).toEqual(undisturbed);
      expect(warnings).toEqual([]);
    },
  );
});

describe('a forest', () => {
  it.each([
    [
      'RandomForestRegressor',
      { labelCol: 'y', oobScore: true, bootstrap: true, quantilesCol: 'q' },
    ],
    ['RandomForestClassifier', { labelCol: 'k', classWeights: 'balancedSubsample' }],
    ['ExtraTreesRegressor', { labelCol: 'y', idCol: 'id', varianceCol: 'spread' }],
  ] as const)('goes on as it would have: %s %j', async (name, own) => {
    const { featuresCols } = common;
    const options = { ...own, featuresCols, numTrees: 14, maxDepth: 6 };
    const undisturbed = await savedBytes(await fitSample({ name, options }, data));
    const checkpointDir = newFolder();
    const kept = { name, options: { ...options, checkpointDir, checkpointInterval: 3 } };
    const abort = new AbortController();
    const onProgress: FitOptions['onProgress'] = ({ phase, done }) => {
      if (phase === 'train' && done === 8) abort.abort();
    };
    const running = fitSample(kept, data, { signal: abort.signal, onProgress });
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(roundsIn(checkpointDir).map((path) => path.slice(-2))).toEqual(['03', '06']);
    const whole = (await loadStage(roundsIn(checkpointDir)[1] as string)) as TreeModel;
    expect(whole.numTrees).toBe(6);
    const totals: number[] = [];
    const model = await fitSample(kept, data, {
      onProgress: ({ phase, total }) => phase === 'train' && totals.push(total),
    });
    expect(totals[0]).toBe(8);
    expect(await savedBytes(model)).toEqual(undisturbed);
    // and where all was done but the end
    const again = await fitSample(kept, data);
    expect(await savedBytes(again)).toEqual(undisturbed);
    expect(warnings).toEqual([]);
  });

  it('goes on behind an initial model, and not on other rows', async () => {
    const { featuresCols } = common;
    const options = { featuresCols, labelCol: 'y', numTrees: 7, maxDepth: 5, seed: 4 };
    const found = { name: 'RandomForestRegressor', options } as const;
    const initialModel = await fitSample(found, pickRows(data, range(300)));
    const undisturbed = await savedBytes(await fitSample(found, data, { initialModel }));
    const checkpointDir = newFolder();
    const kept = { ...found, options: { ...options, checkpointDir, checkpointInterval: 2 } };
    await fitSample(kept, data, { initialModel });
    expect(roundsIn(checkpointDir)).toHaveLength(2);
    const model = await fitSample(kept, data, { initialModel });
    expect(await savedBytes(model)).toEqual(undisturbed);
    expect(warnings).toEqual([]);
    const fewer = pickRows(data, range(800));
    const other = await fitSample(kept, fewer, { initialModel });
    expect(warnings).toEqual([expect.stringContaining('it is of other rows')]);
    expect(await savedBytes(other)).toEqual(
      await savedBytes(await fitSample(found, fewer, { initialModel })),
    );
  });
});

describe('a checkpoint that does not fit', () => {
  const options = { labelCol: 'y', maxIter: 10 };

  it('is not used for other parameters, and a warning says so', async () => {
    const checkpointDir = newFolder();
    await interrupted({ ...options, checkpointDir }, 9);
    const other = { ...options, lambda: 2 };
    const { model, first } = await firstRound({ ...other, checkpointDir });
    expect(first).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('with other parameters')]);
    expect(await savedBytes(model)).toEqual(await savedBytes(await fit(other)));
  });

  it('is not used for other rows, however little they differ', async () => {
    const checkpointDir = newFolder();
    await interrupted({ ...options, checkpointDir }, 9);
    const others = data.map((column) =>
      column.name === 'y'
        ? {
            ...column,
            cells: column.cells.map((cell, i) => (i === 7 ? Number(cell) + 1e-9 : cell)),
          }
        : column,
    );
    const model = await fit({ ...options, checkpointDir }, others);
    expect(warnings).toEqual([expect.stringContaining('it is of other rows')]);
    expect(await savedBytes(model)).toEqual(await savedBytes(await fit(options, others)));
  });

  it.each(['cut short', 'changed'])(
    'is not used where it was %s; the one before is',
    async (how) => {
      const checkpointDir = newFolder();
      await interrupted({ ...options, checkpointDir }, 9);
      const damage = (path: string): void => {
        const file = join(path, 'trees.safetensors');
        const bytes = readFileSync(file);
        if (how === 'cut short') truncateSync(file, bytes.length - 9);
        else writeFileSync(file, bytes.fill(bytes[bytes.length - 5] ?? 1, bytes.length - 9));
      };
      damage(roundsIn(checkpointDir)[1] as string);
      const undisturbed = await savedBytes(await fit(options));
      const second = await firstRound({ ...options, checkpointDir });
      expect(second.first).toBe(5);
      expect(warnings).toEqual([expect.stringContaining('round-00000008 is not used')]);
      expect(await savedBytes(second.model)).toEqual(undisturbed);
      for (const path of roundsIn(checkpointDir)) damage(path);
      const third = await firstRound({ ...options, checkpointDir });
      expect(third.first).toBe(1);
      expect(await savedBytes(third.model)).toEqual(undisturbed);
    },
  );

  it('does not matter where the disk takes nothing: the fit goes on and says so once', async () => {
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    const model = await fit({ ...options, checkpointDir: join(file, 'below') });
    expect(await savedBytes(model)).toEqual(await savedBytes(await fit(options)));
    expect(warnings).toEqual([expect.stringContaining('a checkpoint could not be written')]);
  });
});
