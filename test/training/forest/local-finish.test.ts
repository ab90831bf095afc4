/** Small nodes that one rank finishes alone leave the same forest, and a fraction of the messages. */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { BinnedLayout } from '../../../src/binning/binned-layout.ts';
import type { IncomingMessage } from '../../../src/cluster/collective.ts';
import type { GangRunner } from '../../../src/cluster/gang-runner.ts';
import { InlineRunner } from '../../../src/cluster/task-runner.ts';
import { ThreadPool } from '../../../src/cluster/threads/thread-pool.ts';
import { workerUrl } from '../../../src/session/worker-url.ts';
import { ForestNodes } from '../../../src/tree/backend/cpu/forest-nodes.ts';
import { addSubtrees, packSubtrees } from '../../../src/tree/backend/cpu/forest-subtrees.ts';
import { savedBytes } from '../../tools/fitted-bytes.ts';
import { KnobRunner, type Knobs } from '../../tools/knob-runner.ts';
import { type DataRecipe, type FeatureKind, randomData } from '../../tools/random-data.ts';
import { cutTable } from '../../tools/sample-data.ts';
import { it, itDivided, someOf } from '../../tools/some-cases.ts';
import { VirtualRunner } from '../../tools/virtual-runner.ts';
import { type EstimatorCase, makeEstimator, withFeatures } from '../random-estimators.ts';

/** Changes what rank 0 was sent by a scatter, or what it heard at an allgather that followed one. */
interface Spoil {
  rows?(messages: readonly IncomingMessage[], memory: DataView): readonly IncomingMessage[];
  subtrees?(all: Uint8Array[]): Uint8Array[];
}

/** A runner that counts how often rows were brought to owners. */
class ScatterRunner extends VirtualRunner {
  numScatters = 0;

  constructor(width: number, spoil: Spoil = {}) {
    super(width, (collective, memory) => {
      let isTelling = false;
      return {
        scatter: async (messages) => {
          this.numScatters += 1;
          isTelling = true;
          const came = await collective.scatter(messages);
          return spoil.rows?.(came, new DataView(memory.buffer)) ?? came;
        },
        allgather: async (bytes) => {
          const all = await collective.allgather(bytes);
          const told = isTelling ? spoil.subtrees?.(all) : undefined;
          isTelling = false;
          return told ?? all;
        },
      };
    });
  }
}

const kinds: FeatureKind[] = ['float32', 'words', 'float32', 'many words', 'few numbers', 'flags'];
const recipe: DataRecipe = { seed: 12, numRows: 4000, kinds, missing: 0.1 };

const forest = (
  name: EstimatorCase['name'],
  options: Readonly<Record<string, unknown>>,
): EstimatorCase => {
  const isClassifier = name.endsWith('Classifier');
  const usual = { labelCol: isClassifier ? 'b' : 'y', numTrees: 2, maxDepth: 20, seed: 3 };
  return { name, options: { ...usual, ...options } } as EstimatorCase;
};

async function fitted(
  runner: GangRunner,
  found: EstimatorCase,
  knobs: Knobs,
  of: DataRecipe = recipe,
) {
  const knobbed = new KnobRunner(runner, knobs);
  const table = cutTable(knobbed, randomData(of), [700, 2500]);
  const model = await makeEstimator(withFeatures(found, of)).fit(table);
  return { bytes: await savedBytes(model), reports: knobbed.reports };
}

const alone = async (found: EstimatorCase, of?: DataRecipe) =>
  (await fitted(new InlineRunner() as unknown as GangRunner, found, {}, of)).bytes;

const shared = (width: number, knobs: Knobs = {}): Knobs => ({
  ...{ width, sharesTrees: true },
  ...knobs,
});

const bytesOf = ({ sent }: VirtualRunner): number => sent.flat().reduce((a, b) => a + b, 0);

describe('small nodes of a tree that ranks share', () => {
  itDivided.each(
    someOf<[EstimatorCase, Knobs]>([
      [forest('RandomForestClassifier', {}), {}],
      [
        forest('RandomForestClassifier', { labelCol: 'k', impurity: 'entropy', weightCol: 'w' }),
        {},
      ],
      [forest('RandomForestClassifier', { labelCol: 'k', minInstancesPerNode: 5 }), {}],
      [forest('RandomForestClassifier', { classWeights: 'balancedSubsample' }), {}],
      [forest('RandomForestRegressor', { weightCol: 'w', varianceCol: 'spread' }), {}],
      [forest('RandomForestRegressor', { maxDepth: 9, bootstrap: false }), {}],
      [forest('RandomForestRegressor', {}), { kernels: 'reference' }],
      [forest('ExtraTreesRegressor', { ccpAlpha: 0.001 }), {}],
      [forest('ExtraTreesClassifier', { labelCol: 'k', honestLeafShare: 0.4 }), {}],
      [{ name: 'DecisionTreeClassifier', options: { labelCol: 'k', maxDepth: 12 } }, {}],
    ]),
  )(
    'leave the same bytes, finished by one rank or not: %j',
    async (found, knobs) => {
      const bytes = await alone(found);
      const meeting = new ScatterRunner(2);
      const off = shared(2, { ...knobs, finishesLocally: false });
      expect((await fitted(meeting, found, off)).bytes).toEqual(bytes);
      expect(meeting.numScatters).toBe(0);
      for (const width of [2, 3]) {
        const local = new ScatterRunner(width);
        expect((await fitted(local, found, shared(width, knobs))).bytes).toEqual(bytes);
        expect(local.numScatters).toBeGreaterThan(0);
        expect(local.sent.length).toBeLessThan(meeting.sent.length);
        expect(bytesOf(local)).toBeLessThan(0.7 * bytesOf(meeting));
      }
    },
    60_000,
  );

  it('do so where several labels are learned', async () => {
    const found = forest('RandomForestRegressor', { labelCol: undefined, labelCols: ['y', 'p'] });
    const local = new ScatterRunner(3);
    expect((await fitted(local, found, shared(3))).bytes).toEqual(await alone(found));
    expect(local.numScatters).toBeGreaterThan(0);
  }, 60_000);

  it('do so where rows are too long to be moved', async () => {
    const wide: DataRecipe = {
      ...{ seed: 5, numRows: 2600, missing: 0.05 },
      kinds: Array.from({ length: 90 }, (_, i) => (i % 30 === 5 ? 'many words' : 'float32')),
    };
    for (const found of [
      forest('RandomForestClassifier', {}),
      forest('RandomForestRegressor', {}),
    ]) {
      const local = new ScatterRunner(2);
      expect((await fitted(local, found, shared(2), wide)).bytes).toEqual(await alone(found, wide));
      expect(local.numScatters).toBeGreaterThan(0);
    }
  }, 60_000);

  it('come to their owners in as many turns as there is room for', async () => {
    const found = forest('RandomForestClassifier', { weightCol: 'w' });
    const bytes = await alone(found);
    const numScatters: number[] = [];
    for (const maxHistogramBytes of [1, 100_000, 1e9]) {
      const local = new ScatterRunner(2);
      const knobs = shared(2, { maxHistogramBytes });
      expect((await fitted(local, found, knobs)).bytes).toEqual(bytes);
      numScatters.push(local.numScatters);
    }
    const [none, some, all] = numScatters as [number, number, number];
    expect([none, all]).toEqual([0, 2]);
    expect(some).toBeGreaterThan(all);
  }, 60_000);

  it('are shared out among the threads of a process too', async () => {
    const pool = new ThreadPool(3, workerUrl());
    for (const found of [
      forest('RandomForestClassifier', {}),
      forest('RandomForestRegressor', { weightCol: 'w' }),
    ]) {
      const local = await fitted(pool, found, shared(3));
      const meeting = await fitted(pool, found, shared(3, { finishesLocally: false }));
      expect(local.bytes).toEqual(await alone(found));
      expect(meeting.bytes).toEqual(local.bytes);
      const meetings = [local, meeting].map(({ reports }) => reports[0]?.meetings as number);
      expect(meetings[0]).toBeLessThan(meetings[1] as number);
      // every rank had its share
      for (const { histogramRows } of local.reports) expect(histogramRows).toBeGreaterThan(1000);
    }
    await pool.close();
  }, 60_000);

  it('stay with all ranks where little lies below them', async () => {
    const local = new ScatterRunner(2);
    await fitted(local, forest('RandomForestClassifier', { maxDepth: 2 }), shared(2));
    expect(local.numScatters).toBe(0);
  });

  const errorOf = async (spoil: Spoil): Promise<string> => {
    const found = forest('RandomForestClassifier', { weightCol: 'w' });
    return await fitted(new ScatterRunner(3, spoil), found, shared(3)).then(
      () => 'none',
      (error: Error) => `${(error as { code?: string }).code} ${error.message}`,
    );
  };

  it('are refused where rows are missing, changed or none at all', async () => {
    const cut = await errorOf({
      rows: (messages) => messages.map((message) => ({ ...message, bytes: message.bytes - 8 })),
    });
    expect(cut).toMatch(/PROTOCOL what process 1 .* must be the rows of \d+ nodes/);
    const none = await errorOf({
      rows: (messages) => messages.map((message) => ({ ...message, bytes: 2 })),
    });
    expect(none).toMatch(/PROTOCOL what process 1 .* got 2 bytes/);
    const moved = await errorOf({
      rows: (messages, memory) => {
        const [{ address }] = messages as readonly [IncomingMessage];
        // one row more of the first node, one less of the second
        memory.setUint32(address, memory.getUint32(address, true) + 1, true);
        memory.setUint32(address + 4, memory.getUint32(address + 4, true) - 1, true);
        return messages;
      },
    });
    expect(moved).toMatch(/PROTOCOL the rows of a node .* must be \d+ and weigh/);
  }, 60_000);

  it('are refused where the subtrees are none', async () => {
    const told = await errorOf({
      subtrees: (all) => all.map((bytes, rank) => (rank === 1 ? bytes.slice(0, -1) : bytes)),
    });
    expect(told).toMatch(/PROTOCOL what process 1 .* must be the subtrees of \d+ nodes/);
  }, 60_000);
});

describe('subtrees as they are told', () => {
  const places = [{ numValueBins: 9 }, { numValueBins: 70 }];
  const layout = { places } as unknown as BinnedLayout;

  /** A table with some roots, below which nodes were split as the numbers say. */
  function grown(numRoots: number, picks: readonly number[]): ForestNodes {
    const nodes = new ForestNodes(2);
    for (let root = 0; root < numRoots; root++) nodes.add(-1, root, 3);
    const split = (node: number, pick: number): void => {
      nodes.place[node] = pick % 2;
      nodes.cut[node] = pick % 2 === 1 ? -1 : pick % 9;
      if (pick % 2 === 1) nodes.leftBins.set(node, Uint32Array.of(pick, 1, 2, 0));
      nodes.gain[node] = pick / 7;
      nodes.flags[node] = pick % 5;
      const left = nodes.add(node, 1, 4);
      nodes.add(node, 2, 4);
      nodes.leftChild[node] = left;
      for (const child of [left, left + 1]) {
        nodes.rows[child] = pick + child;
        nodes.cover[child] = pick / 3;
        nodes.value[2 * child] = pick;
      }
    };
    for (let root = 0; root < numRoots; root++) split(root, root);
    for (const pick of picks) {
      const leaves = nodes.leaves();
      split(leaves[pick % leaves.length] as number, pick);
    }
    return nodes;
  }

  /** What a table holds below its roots, told from the roots on. */
  const toldOf = (nodes: ForestNodes, node: number): unknown => {
    const left = nodes.leftChild[node] as number;
    const own = [nodes.rows[node], nodes.cover[node], nodes.value[2 * node]];
    if (left === 0) return own;
    const split = [nodes.place[node], nodes.cut[node], nodes.gain[node], nodes.flags[node]];
    const bins = [...(nodes.leftBins.get(node) ?? [])];
    return [own, split, bins, toldOf(nodes, left), toldOf(nodes, left + 1)];
  };

  const picks = fc.array(fc.nat(1000), { maxLength: 30 });
  const table = (nodes: ForestNodes) => ({
    nodes,
    onSplit: () => undefined,
    addChildren: (node: number) => {
      const left = nodes.add(node, 0, 0);
      nodes.add(node, 0, 0);
      nodes.leftChild[node] = left;
      return left;
    },
  });

  it('are the same elsewhere', () => {
    fc.assert(
      fc.property(fc.nat(4), picks, (numRoots, found) => {
        const nodes = grown(numRoots, numRoots === 0 ? [] : found);
        const roots = Array.from({ length: numRoots }, (_, root) => root);
        const telling = { layout, tellsValues: true };
        const other = grown(numRoots, []);
        for (const root of roots) other.leftChild[root] = 0;
        expect(addSubtrees(packSubtrees(nodes, roots, telling), roots, telling, table(other))).toBe(
          true,
        );
        expect(roots.map((root) => toldOf(other, root))).toEqual(
          roots.map((root) => toldOf(nodes, root)),
        );
      }),
    );
  });

  it('are refused, without harm, whatever bytes come', () => {
    fc.assert(
      fc.property(picks, fc.nat(), fc.nat(255), fc.boolean(), (found, at, byte, isCut) => {
        const telling = { layout, tellsValues: false };
        const told = packSubtrees(grown(2, found), [0, 1], telling);
        const other = new ForestNodes(2);
        other.add(-1, 0, 3);
        other.add(-1, 0, 3);
        if (isCut) {
          const bytes = told.slice(0, at % told.length);
          expect(addSubtrees(bytes, [0, 1], telling, table(other))).toBe(false);
          return;
        }
        told[at % told.length] = byte;
        addSubtrees(told, [0, 1], telling, table(other));
        for (let node = 0; node < other.size; node++) {
          if (other.leftChild[node] !== 0) expect(other.place[node]).toBeLessThan(2);
        }
      }),
    );
  });
});
