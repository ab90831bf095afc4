import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placePartitions } from '../../../src/training/ingest/placed-partitions.ts';
import { cutWaves } from '../../../src/training/ingest/raw-columns.ts';
import type { IngestJob, TrainingPartition } from '../../../src/training/messages.ts';

function jobOf(train: readonly number[], validation: readonly number[], range?: [number, number]) {
  const partition = (numRows: number, isValidation: boolean): TrainingPartition => ({
    spec: { source: { kind: 'none' }, operators: [] } as unknown as TrainingPartition['spec'],
    numRows,
    isValidation,
  });
  const partitions = [
    ...train.map((rows) => partition(rows, false)),
    ...validation.map((rows) => partition(rows, true)),
  ];
  const total = partitions.reduce((sum, { numRows }) => sum + numRows, 0);
  return { partitions, rowRange: range ?? [0, total] } as unknown as IngestJob;
}

describe('the partitions of a process', () => {
  it('are all that have rows, with the position of their first row in their own table', () => {
    const placed = placePartitions(jobOf([3, 0, 5], [2, 4]));
    expect(
      placed.map(({ index, firstRow, skip, count, firstLocal }) => [
        index,
        firstRow,
        skip,
        count,
        firstLocal,
      ]),
    ).toEqual([
      [0, 0, 0, 3, 0],
      [2, 3, 0, 5, 3],
      [3, 0, 0, 2, 8],
      [4, 2, 0, 4, 10],
    ]);
  });

  it('are cut where the process’s rows begin and end', () => {
    const placed = placePartitions(jobOf([3, 5, 4], [], [2, 9]));
    expect(
      placed.map(({ index, skip, count, firstLocal }) => [index, skip, count, firstLocal]),
    ).toEqual([
      [0, 2, 1, 0],
      [1, 0, 5, 1],
      [2, 0, 1, 6],
    ]);
  });

  it('cover every row once over all processes', () => {
    const sizes = fc.array(fc.nat(20), { maxLength: 8 });
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 1, max: 5 }), (train, validation, processes) => {
        const whole = jobOf(train, validation);
        const total = whole.rowRange[1];
        const seen: string[] = [];
        for (let p = 0; p < processes; p++) {
          const range: [number, number] = [
            Math.floor((total * p) / processes),
            Math.floor((total * (p + 1)) / processes),
          ];
          let local = 0;
          for (const part of placePartitions(jobOf(train, validation, range))) {
            expect(part.firstLocal).toBe(local);
            local += part.count;
            for (let i = 0; i < part.count; i++) seen.push(`${part.index}:${part.skip + i}`);
          }
          expect(local).toBe(range[1] - range[0]);
        }
        const expected = [...train, ...validation].flatMap((rows, index) =>
          Array.from({ length: rows }, (_, i) => `${index}:${i}`),
        );
        expect(seen).toEqual(expected);
      }),
    );
  });
});

describe('waves of raw columns', () => {
  it('hold neighbouring partitions within the budget, one at least', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 10 });
    fc.assert(
      fc.property(sizes, fc.nat(800), (rows, budget) => {
        const placed = placePartitions(jobOf(rows, []));
        const waves = cutWaves(placed, 8, budget);
        expect(waves.flatMap((wave) => wave.placed)).toEqual(placed);
        let firstRow = 0;
        for (const wave of waves) {
          expect(wave.firstRow).toBe(firstRow);
          expect(wave.numRows).toBe(wave.placed.reduce((sum, part) => sum + part.count, 0));
          if (wave.placed.length > 1) expect(wave.numRows * 8).toBeLessThanOrEqual(budget);
          firstRow += wave.numRows;
        }
      }),
    );
  });

  it('are one where everything fits, and one a partition where nothing does', () => {
    const placed = placePartitions(jobOf([5, 6, 7], []));
    expect(cutWaves(placed, 8, 1e9).length).toBe(1);
    expect(cutWaves(placed, 8, 0).length).toBe(3);
  });
});
