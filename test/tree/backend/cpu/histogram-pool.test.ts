import { describe, expect, it } from 'vitest';
import type { OpenNode, Split } from '../../../../src/tree/backend/backend.ts';
import { HistogramPool } from '../../../../src/tree/backend/cpu/histogram-pool.ts';

function nodeAt(path: string, gain: number | null): OpenNode {
  const split = gain === null ? null : ({ gain } as Split);
  return { index: 0, parent: null, path, key: 0, cover: 0, rows: 0, split, state: null };
}

describe('the pool of histograms', () => {
  it('hands out distinct slots from the first on', () => {
    const pool = new HistogramPool(1000, 16, 3);
    const nodes = ['', '0', '1'].map((path) => nodeAt(path, 1));
    const keep = new Set(nodes);
    expect(nodes.map((node) => pool.take(node, keep))).toEqual([1000, 1016, 1032]);
    expect(nodes.map((node) => pool.addressOf(node))).toEqual([1000, 1016, 1032]);
    expect(pool.addressOf(nodeAt('2', 1))).toBe(0);
  });

  it('takes the slot of the lowest gain when none is free, of equals the higher path', () => {
    const pool = new HistogramPool(64, 8, 3);
    const [a, b, c, d] = [nodeAt('00', 2), nodeAt('01', 1), nodeAt('10', 1), nodeAt('11', 9)];
    for (const node of [a, b, c]) pool.take(node, new Set([]));
    expect(pool.take(d, new Set([d]))).toBe(64 + 16);
    expect([a, b, c, d].map((node) => pool.addressOf(node) !== 0)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it('takes the slot of a node without a split first, and never one that must stay', () => {
    const pool = new HistogramPool(64, 8, 3);
    const [a, b, c, d] = [nodeAt('0', 0.1), nodeAt('1', null), nodeAt('2', 5), nodeAt('3', 1)];
    for (const node of [a, b, c]) pool.take(node, new Set([]));
    pool.take(d, new Set([a, d]));
    expect(pool.addressOf(b)).toBe(0);
    pool.take(nodeAt('4', 1), new Set([a, d]));
    expect([a, c, d].map((node) => pool.addressOf(node) !== 0)).toEqual([true, false, true]);
    expect(() => pool.take(nodeAt('5', 1), new Set([a, d, nodeAt('4', 1)]))).not.toThrow();
    const full = new HistogramPool(64, 8, 1);
    full.take(a, new Set([]));
    expect(() => full.take(b, new Set([a]))).toThrow('too small for one pair');
  });

  it('hands the slot of a parent on to a child', () => {
    const pool = new HistogramPool(64, 8, 2);
    const [parent, child] = [nodeAt('', 1), nodeAt('0', 1)];
    const address = pool.take(parent, new Set([]));
    expect(pool.inherit(parent, child)).toBe(address);
    expect([pool.addressOf(parent), pool.addressOf(child)]).toEqual([0, address]);
    expect(() => pool.inherit(parent, child)).toThrow('no histogram');
  });

  it('uses a released slot again, and all of them after clear', () => {
    const pool = new HistogramPool(64, 8, 2);
    const [a, b, c] = [nodeAt('0', 1), nodeAt('1', 1), nodeAt('2', 1)];
    pool.take(a, new Set([]));
    pool.take(b, new Set([]));
    pool.release(a);
    pool.release(a);
    expect(pool.take(c, new Set([b]))).toBe(64);
    pool.clear();
    expect([a, b, c].map((node) => pool.addressOf(node))).toEqual([0, 0, 0]);
    const slots = [pool.take(a, new Set([b])), pool.take(b, new Set([a]))].sort();
    expect(slots).toEqual([64, 72]);
  });
});
