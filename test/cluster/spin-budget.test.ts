import { describe, expect, it } from 'vitest';
import { SpinBudget } from '../../src/cluster/threads/spin-budget.ts';

function looksAfter(budget: SpinBudget, waits: readonly number[]): number {
  for (const wait of waits) budget.learn(wait);
  return budget.looks;
}

const short = new Array(20).fill(0.05);
const long = new Array(20).fill(4);

describe('SpinBudget', () => {
  it('looks longer where waits are short, up to a limit', () => {
    const first = new SpinBudget(2, 2).looks;
    const grown = looksAfter(new SpinBudget(2, 2), short);
    expect(grown).toBeGreaterThan(10 * first);
    expect(looksAfter(new SpinBudget(2, 2), [...short, ...short])).toBe(grown);
  });

  it('goes back to a few looks where waits are long, and never below', () => {
    const first = new SpinBudget(2, 2).looks;
    expect(looksAfter(new SpinBudget(2, 2), [...short, ...long])).toBe(first);
    expect(looksAfter(new SpinBudget(2, 2), long)).toBe(first);
  });

  it('stays near its limit when one wait in ten is long', () => {
    const grown = looksAfter(new SpinBudget(2, 2), short);
    const mixed = [...short, 4, ...short.slice(0, 9), 4, ...short.slice(0, 9)];
    expect(looksAfter(new SpinBudget(2, 2), mixed)).toBe(grown);
  });

  it('never looks for long where threads outnumber cores', () => {
    const { looks } = new SpinBudget(3, 2);
    expect(looksAfter(new SpinBudget(3, 2), short)).toBe(looks);
  });
});
