/** Ways to lay out the same fit, and the check that none of them shows in the model. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { InlineRunner } from '../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../src/cluster/threads/thread-pool.ts';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { KnobRunner, type Knobs } from '../tools/knob-runner.ts';
import { type DataRecipe, randomData } from '../tools/random-data.ts';
import { cutTable, evenCuts, type SampleData } from '../tools/sample-data.ts';
import { outcomeOf } from './outcome-of.ts';
import { type EstimatorCase, makeEstimator, withFeatures } from './random-estimators.ts';

// several test files share this module and its threads, which end with the process
const pool = new ThreadPool(5, workerUrl());

/** How the same work may be laid out. */
export interface Topology extends Knobs {
  readonly threads: 1 | 2 | 3 | 5;
  readonly partitions: 1 | 2 | 7 | 'one empty';
}

export const threadCounts = [1, 2, 3, 5] as const;
export const partitionings = [1, 2, 7, 'one empty'] as const;

/** A few rows a wave, packed sums flushed after a few rows, room for one pair of histograms; split by split. */
export const tinyKnobs: Knobs = {
  rawBytes: 5000,
  byColumns: false,
  flushRows: 37,
  maxHistogramBytes: 1,
  sharesTrees: true,
  growsWhole: false,
};

export const topologies: fc.Arbitrary<Topology> = fc
  .tuple(
    fc.constantFrom(...threadCounts),
    fc.constantFrom(...partitionings),
    fc.record(
      {
        rawBytes: fc.constantFrom(1, 20_000),
        byColumns: fc.boolean(),
        flushRows: fc.constantFrom(1, 37, 1000),
        maxHistogramBytes: fc.constantFrom(1, 60_000),
        kernels: fc.constantFrom('wasm', 'reference'),
        sharesTrees: fc.boolean(),
        finishesLocally: fc.boolean(),
        growsApart: fc.boolean(),
        growsWhole: fc.boolean(),
        windowBytes: fc.constantFrom(200, 10_000),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([threads, partitions, knobs]) => ({ threads, partitions, ...knobs }));

function cutsOf(numRows: number, partitions: Topology['partitions']): number[] {
  if (partitions !== 'one empty') return evenCuts(numRows, partitions);
  const middle = Math.floor(numRows / 3);
  return [middle, middle];
}

// a runner's fits take over each other's memory, so what one leaves there is what the next begins with
const aloneRunner = new KnobRunner(new InlineRunner());
const gangRunner = new KnobRunner(pool);

/** Fits a case. */
export type FitCase = (found: EstimatorCase, table: PartitionedTable) => Promise<TreeModel>;

const plainFit: FitCase = async (found, table) => await makeEstimator(found).fit(table);

async function fittedOn(
  found: EstimatorCase,
  data: SampleData,
  topology: Topology | null,
  fit: FitCase,
) {
  const runner = topology === null ? aloneRunner : gangRunner;
  runner.knobs = topology === null ? {} : { ...topology, width: topology.threads };
  const numRows = data[0]?.cells.length ?? 0;
  const table = cutTable(
    runner,
    data,
    topology === null ? [] : cutsOf(numRows, topology.partitions),
  );
  return await outcomeOf(fit(found, table), table);
}

/** The model and its predictions are the same bytes as on one thread with one partition. */
export async function expectSame(
  found: EstimatorCase,
  recipe: DataRecipe,
  wanted: readonly Topology[],
): Promise<void> {
  await expectSameFit(plainFit, found, recipe, wanted);
}

/** The same for another way to fit on the other topologies, or for two ways. */
export async function expectSameFit(
  fits: FitCase | { readonly alone: FitCase; readonly others: FitCase },
  found: EstimatorCase,
  recipe: DataRecipe,
  wanted: readonly Topology[],
): Promise<void> {
  const data = randomData(recipe);
  const complete = withFeatures(found, recipe);
  const { alone: fitAlone, others: fit } =
    typeof fits === 'function' ? { alone: plainFit, others: fits } : fits;
  const alone = await fittedOn(complete, data, null, fitAlone);
  for (const topology of wanted) {
    expect(await fittedOn(complete, data, topology, fit), JSON.stringify(topology)).toEqual(alone);
  }
}
