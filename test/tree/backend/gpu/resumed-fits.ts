/** Fits that end on a device and are begun again from their checkpoints, or that go on from a model or are merged: the CPU's bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeModels } from '../../../../src/ensemble/model/merge-models.ts';
import { savedBytes } from '../../../tools/fitted-bytes.ts';
import type { KnobRunner } from '../../../tools/knob-runner.ts';
import { type DataRecipe, randomData } from '../../../tools/random-data.ts';
import { cutTable } from '../../../tools/sample-data.ts';
import {
  type EstimatorCase,
  makeEstimator,
  withFeatures,
} from '../../../training/random-estimators.ts';

const boosted = { labelCol: 'y', maxIter: 12, maxLeaves: 5, subsamplingRate: 0.7 };
const forest = { labelCol: 'b', numTrees: 12, maxDepth: 4, minInstancesPerNode: 5 };
const cases = [
  { name: 'GBTRegressor', options: boosted, ends: ['abort', 'lost'] },
  { name: 'RandomForestClassifier', options: forest, ends: ['lost', 'cpu'] },
] as const;

/** Returns by what each of the fits that ended did so. */
export async function resumeOnDevice(
  runner: KnobRunner,
  alone: KnobRunner,
  wide: DataRecipe,
): Promise<{ readonly ends: readonly string[] }> {
  const recipe = { ...wide, numRows: 900 };
  const data = randomData(recipe);
  const ends: string[] = [];
  const fitOn = async (
    gangs: KnobRunner,
    found: EstimatorCase,
    more: object,
    options: Parameters<ReturnType<typeof makeEstimator>['fit']>[1] = {},
  ) => {
    const complete = withFeatures({ ...found, options: { ...found.options, ...more } }, recipe);
    return await makeEstimator(complete).fit(cutTable(gangs, data), options);
  };
  for (const { ends: wanted, ...found } of cases) {
    const size = 'maxIter' in found.options ? 'maxIter' : 'numTrees';
    alone.knobs = {};
    const bytesAlone = async (more: object) =>
      JSON.stringify(await savedBytes(await fitOn(alone, found, more)));
    const expected = await bytesAlone({});
    for (const end of wanted) {
      const checkpointDir = mkdtempSync(join(tmpdir(), 'coppice-gpu-'));
      // progress is told now and then: a fit that is to be aborted must not be over before
      const total = end === 'lost' ? 12 : 90;
      const device = end === 'cpu' ? 'cpu' : 'gpu';
      const more = { checkpointDir, checkpointInterval: 3, device, [size]: total };
      const abort = new AbortController();
      const onProgress = ({ phase, done }: { phase: string; done: number }): void => {
        if (phase === 'train' && done >= 7 && end !== 'lost') abort.abort();
      };
      // eight trees of a forest of four levels, and of a boosted tree of a few batches, are done then
      const loseAfter = size === 'maxIter' ? 25 : 30;
      const lost = { kind: 'gpu', homeRows: 0, loseAfter } as const;
      runner.knobs = { width: 1, ...(end === 'lost' ? { device: lost } : {}) };
      const ended = await fitOn(runner, found, more, { signal: abort.signal, onProgress }).then(
        () => 'nothing',
        (error: { code: string }) => error.code,
      );
      ends.push(ended);
      runner.knobs = { width: 1, device: { kind: 'gpu', homeRows: 0 } };
      const model = await fitOn(runner, found, { ...more, device: 'gpu' });
      const numTrees = runner.reports[0]?.device?.numTrees ?? 0;
      if (numTrees === 0 || numTrees > total - 3)
        throw new Error(`${numTrees} trees were left to the device`);
      const undisturbed = total === 12 ? expected : await bytesAlone({ [size]: total });
      if (JSON.stringify(await savedBytes(model)) !== undisturbed)
        throw new Error(`${end} differs`);
      rmSync(checkpointDir, { recursive: true });
    }
    const first = await fitOn(runner, found, { [size]: 5, device: 'gpu' });
    const initial = { initialModel: first };
    const last = await fitOn(runner, found, { [size]: 7, device: 'gpu' }, initial);
    const whole = last.copy({ [size]: 12 });
    if (JSON.stringify(await savedBytes(whole)) !== expected) throw new Error('continued differs');
    // trees of the device merge as those of the CPU do, and with them
    const other = await fitOn(alone, found, { [size]: 5, seed: 3 });
    const merged = mergeModels([
      await fitOn(runner, found, { [size]: 5, seed: 3, device: 'gpu' }),
      first,
    ]);
    const mixed = mergeModels([other, first]);
    const onCpu = mergeModels([other, await fitOn(alone, found, { [size]: 5 })]);
    const bytesOf = async (model: typeof onCpu) => JSON.stringify(await savedBytes(model));
    if (onCpu.numTrees !== 10 || (await bytesOf(merged)) !== (await bytesOf(onCpu)))
      throw new Error('merged differs');
    if ((await bytesOf(mixed)) !== (await bytesOf(onCpu))) throw new Error('mixed differs');
  }
  return { ends };
}
