import { describe, expect, it } from 'vitest';
import { upliftTrees } from '../../../src/ensemble/uplift/uplift-trees.ts';
import type { TreeEnsemble } from '../../../src/tree/tree-ensemble.ts';

/** Trees of a root and two leaves; values are the shares of untreated rows without and with the outcome, then of treated ones. */
function trees(...values: readonly (readonly number[])[][]): TreeEnsemble {
  const numTrees = values.length;
  const numOutputs = values[0]?.[0]?.length ?? 0;
  const perNode = values.flatMap((nodes) => nodes.map((_, n) => n));
  const ofKind = (root: number): number[] => perNode.map((n) => (n === 0 ? root : 0));
  return {
    ...{ numTrees, numOutputs },
    feature: Int32Array.from(perNode, (n) => (n === 0 ? 0 : -1)),
    threshold: Float64Array.from(ofKind(1)),
    leftChild: Uint32Array.from(ofKind(1)),
    flags: new Uint8Array(perNode.length),
    categoryStart: new Uint32Array(perNode.length),
    categoryCount: new Uint32Array(perNode.length),
    categoryBits: new Uint32Array(0),
    gain: Float64Array.from(ofKind(1)),
    runnerUpGain: new Float64Array(perNode.length),
    runnerUpFeature: new Int32Array(perNode.length).fill(-1),
    cover: Float64Array.from(perNode, (n) => [4, 3, 1][n] as number),
    rows: Float64Array.from(perNode, (n) => [4, 3, 1][n] as number),
    value: Float64Array.from(values.flat(2)),
    ...{ treeStart: Uint32Array.from({ length: numTrees + 1 }, (_, t) => 3 * t) },
  };
}

const whole = [0.25, 0.25, 0.125, 0.375];
const up = [0.5, 0, 0, 0.5];
const untreated = [0.5, 0.5, 0, 0];

describe('trees of uplifts', () => {
  it('say the difference of the rates in leaves, and their mean by weight above', async () => {
    const { value, numOutputs } = (await upliftTrees(
      trees([whole, up, whole]),
      [1],
    )) as TreeEnsemble;
    expect(numOutputs).toBe(1);
    expect([...value]).toEqual([(3 * 1 + 0.25) / 4, 1, 0.25]);
  });

  it('say what the node above says where a leaf lacks treated rows or others', async () => {
    const { value } = (await upliftTrees(trees([whole, up, untreated]), [1])) as TreeEnsemble;
    expect([...value]).toEqual([(3 * 1 + 0.25) / 4, 1, 0.25]);
  });

  it('say it of each treatment, in the order that is asked for, and of each by its own rows', async () => {
    const root = [0.2, 0.2, 0.1, 0.1, 0.1, 0.3];
    const left = [0.4, 0.1, 0.25, 0.25, 0, 0];
    const right = [0.1, 0.1, 0, 0.2, 0.3, 0.3];
    const found = await upliftTrees(trees([root, left, right]), [2, 1]);
    const { value, numOutputs } = found as TreeEnsemble;
    expect(numOutputs).toBe(2);
    expect([...value.subarray(2)].map((uplift) => Math.fround(uplift))).toEqual(
      [0.25, 0.3, 0, 0.5].map((uplift) => Math.fround(uplift)),
    );
    expect([...value.subarray(0, 2)].map((uplift) => Math.fround(uplift))).toEqual(
      [(3 * 0.25 + 0) / 4, (3 * 0.3 + 0.5) / 4].map((uplift) => Math.fround(uplift)),
    );
    // of the second there are no rows
    const without = [0.2, 0.3, 0.25, 0.25, 0, 0];
    expect(await upliftTrees(trees([without, without, without]), [1, 2])).toBe(1);
  });

  it('say what other trees do where a tree lacks them, and nothing where all do', async () => {
    const nothing = [untreated, untreated, untreated];
    const { value } = (await upliftTrees(
      trees([whole, up, untreated], nothing),
      [1],
    )) as TreeEnsemble;
    expect([...value.subarray(3)]).toEqual([0.25, 0.25, 0.25]);
    expect(await upliftTrees(trees(nothing, nothing), [1])).toBe(0);
  });
});
