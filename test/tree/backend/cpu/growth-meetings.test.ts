/** Ranks of several processes that grow whole trees in a kernel say the same to each other as ranks that go split by split. */
import { describe, expect, it } from 'vitest';
import type { IncomingMessage } from '../../../../src/cluster/collective.ts';
import { InlineRunner } from '../../../../src/cluster/task-runner.ts';
import { GBTRegressor } from '../../../../src/ensemble/boosting/gbt-regressor.ts';
import { savedBytes } from '../../../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../../../tools/knob-runner.ts';
import { type FeatureKind, featureNames, randomData } from '../../../tools/random-data.ts';
import { cutTable } from '../../../tools/sample-data.ts';
import { VirtualRunner, type Watch } from '../../../tools/virtual-runner.ts';

/** Changes what rank 0 was sent at its meeting of that number, in its memory. */
type Spoil = (
  meeting: number,
  messages: readonly IncomingMessage[],
  memory: DataView,
) => readonly IncomingMessage[];

/** Rank 0 gets what has been made of its messages. */
function spoiledBy(spoil: Spoil): Watch {
  return (collective, memory) => {
    let meeting = 0;
    return {
      scatter: async (messages) =>
        spoil(meeting++, await collective.scatter(messages), new DataView(memory.buffer)),
    };
  };
}

const kinds: FeatureKind[] = ['float32', 'words', 'float32', 'many words', 'few numbers', 'flags'];
const recipe = { seed: 11, numRows: 9000, kinds, missing: 0.1 };
const estimator = (options: ConstructorParameters<typeof GBTRegressor>[0] = {}): GBTRegressor =>
  new GBTRegressor({
    featuresCols: featureNames(recipe),
    labelCol: 'y',
    maxIter: 3,
    maxLeaves: 60,
    minInstancesPerNode: 1,
    ...options,
  });

async function fitted(
  runner: VirtualRunner,
  knobs: Knobs,
  options: Parameters<typeof estimator>[0] = {},
  numRows = recipe.numRows,
) {
  const data = randomData({ ...recipe, numRows });
  const knobbed = new KnobRunner(runner, { width: runner.numThreads, ...knobs });
  const cuts = [700, 3000].filter((cut) => cut < numRows);
  const model = await estimator(options).fit(cutTable(knobbed, data, cuts));
  const work = knobbed.reports.map((each) => [each.histogramRows, each.featuresDecided]);
  return { bytes: await savedBytes(model), sent: runner.sent, work };
}

const rowsAt = 16;

/** Puts a small node of the first tree in the place of the root of the second, or of what is so many meetings behind it. */
function withSmallNode(behind: number): Spoil {
  let all = 0;
  let small: Uint8Array | null = null;
  let at = Number.POSITIVE_INFINITY;
  return (meeting, messages, memory) => {
    const { address, bytes } = messages[0] as IncomingMessage;
    const rows = memory.getUint32(address + rowsAt, true);
    if (meeting === 0) {
      all = rows;
      small = null;
      at = Number.POSITIVE_INFINITY;
    } else if (rows === all) at = meeting + behind;
    const message = new Uint8Array(memory.buffer, address, bytes);
    if (meeting === at) message.set((small as Uint8Array).subarray(0, bytes));
    else if (rows < all / 10) small ??= message.slice();
    return messages;
  };
}

describe('ranks of several processes that grow whole trees by a kernel', () => {
  it.each<{
    width: number;
    knobs?: Knobs;
    options?: Parameters<typeof estimator>[0];
    numRows?: number;
  }>([
    { width: 2 },
    { width: 2, numRows: 40 },
    { width: 3 },
    { width: 5, options: { maxLeaves: 31, maxDepth: 5 } },
    { width: 2, options: { maxLeaves: 2 } },
    { width: 3, options: { maxLeaves: undefined, maxDepth: 6 } },
    { width: 3, options: { subsamplingRate: 0.4, stepSize: 0.01, maxLeaves: 90 } },
    { width: 2, options: { minInstancesPerNode: 7, colsampleByTree: 0.5 } },
    { width: 3, knobs: { maxHistogramBytes: 30_000 } },
    { width: 3, knobs: { maxHistogramBytes: 1, flushRows: 50 } },
  ])(
    'send what those send that go split by split, frame by frame: %o',
    async ({ width, knobs = {}, options = {}, numRows = recipe.numRows }) => {
      const ways = [];
      for (const growsWhole of [true, false]) {
        const runner = new VirtualRunner(width);
        ways.push(await fitted(runner, { ...knobs, growsWhole }, options, numRows));
      }
      const [whole, split] = ways;
      expect(whole).toEqual(split);
      const alone = new KnobRunner(new InlineRunner(), { growsWhole: false });
      const table = cutTable(alone, randomData({ ...recipe, numRows }), []);
      expect(whole?.bytes).toEqual(await savedBytes(await estimator(options).fit(table)));
    },
    60_000,
  );

  it('grow trees together with ranks that go split by split', async () => {
    const all = await fitted(new VirtualRunner(3), {});
    const some = await fitted(
      new VirtualRunner(3, undefined, (rank) => ({ growsWhole: rank !== 1 })),
      {},
    );
    expect(some).toEqual(all);
  }, 60_000);

  const spoils: readonly {
    readonly what: string;
    readonly options?: Parameters<typeof estimator>[0];
    readonly message: RegExp;
    readonly spoil: Spoil;
  }[] = [
    {
      what: 'is cut short',
      message: /what process 1 .* of node root must be a histogram; got 30 bytes that are none/,
      spoil: (meeting, messages) =>
        messages.map((one) => (meeting === 0 ? { ...one, bytes: 30 } : one)),
    },
    {
      what: 'says another sum of one feature',
      message: /of node [01] must add up alike in every feature; got other sums in/,
      spoil: (meeting, messages, memory) => {
        const at = (messages[0]?.address ?? 0) + (messages[0]?.bytes ?? 0) / 4;
        if (meeting === 1) memory.setUint8(at, memory.getUint8(at) ^ 0x55);
        return messages;
      },
    },
    {
      what: 'has more rows than its parent',
      message: /of node [01] must hold at most its parent's \d+ rows; got 1000000;/,
      spoil: (meeting, messages, memory) => {
        if (meeting === 1) memory.setUint32((messages[0]?.address ?? 0) + rowsAt, 1_000_000, true);
        return messages;
      },
    },
    {
      what: 'counts other rows than it says',
      options: { minInstancesPerNode: 5 },
      message: /of node root must count the 7 rows of its shard; got \d{4}/,
      spoil: (meeting, messages, memory) => {
        if (meeting === 0) memory.setUint32((messages[0]?.address ?? 0) + rowsAt, 7, true);
        return messages;
      },
    },
    {
      what: 'is another node’s',
      message:
        /the histograms of node [01] must add up to \(-?\d+, \d+\); got \(-?\d+, \d+\) of this process and of process 1/,
      spoil: withSmallNode(1),
    },
    {
      what: 'is another node’s, and is to be the root’s',
      message: /the histograms of the root must add up to the same sums on all ranks; got/,
      spoil: withSmallNode(0),
    },
  ];
  it.each(spoils)('refuse what $what, in the same words', async ({ spoil, options, message }) => {
    for (const growsWhole of [true, false]) {
      const fit = fitted(new VirtualRunner(2, spoiledBy(spoil)), { growsWhole }, options);
      await expect(fit).rejects.toMatchObject({
        code: 'PROTOCOL',
        message: expect.stringMatching(message),
        // and each way is gone
        stack: expect.stringMatching(
          growsWhole ? /growth-meetings/ : /packed-meeting|split-search/,
        ),
      });
    }
  });
});
