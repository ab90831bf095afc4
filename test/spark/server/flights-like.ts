/** A small table with numbers, missing ones, text and two labels, for tests that fit on Spark and here. */
import type { ColumnInput } from '../../../src/table/create-table.ts';

/** The columns. */
export function flightsLike(numRows: number): Record<string, ColumnInput> {
  let state = 7;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const distance: number[] = [];
  const wait: (number | null)[] = [];
  const carrier: (string | null)[] = [];
  const delayed: string[] = [];
  const minutes: number[] = [];
  for (let i = 0; i < numRows; i++) {
    const far = next();
    const late = next();
    const who = ['AA', 'BB', 'ÜU', null][Math.floor(next() * 4)] ?? null;
    distance.push(far);
    wait.push(next() < 0.05 ? null : late);
    carrier.push(who);
    delayed.push(far + late * late + (who === 'AA' ? 1 : 0) + next() > 1.6 ? 'yes' : 'no');
    minutes.push(far * 3 - late);
  }
  return { distance, wait, carrier, delayed, minutes };
}
