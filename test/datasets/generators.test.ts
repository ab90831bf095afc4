import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allGenerators } from '../../datasets/all-generators.ts';
import { cardMarkdown } from '../../datasets/card-markdown.ts';
import { inverseNormal } from '../../datasets/draws.ts';
import type { GeneratedColumn, GeneratedColumns } from '../../datasets/generator.ts';

/** The first 2,000 rows of seed 1; a new hash means other data, and other figures in the docs. */
const hashes: Readonly<Record<string, string>> = {
  'flight-delays': 'c65f902db669fd40',
  'credit-risk': 'c870a922acbdaf2d',
  'house-prices': 'fa49a1dbee412719',
  'numeric-28': '0583fd978fc88efd',
};

function dataOf(column: GeneratedColumn): Float32Array | Float64Array | Int32Array | Uint8Array {
  return column.type === 'string' ? column.codes : column.values;
}

function hashOf(columns: GeneratedColumns): string {
  const hash = createHash('sha256');
  for (const [name, column] of Object.entries(columns)) {
    const data = dataOf(column);
    hash.update(name);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (column.type === 'string') hash.update(column.values.join('\n'));
    else if (column.valid !== undefined) hash.update(column.valid);
  }
  return hash.digest('hex').slice(0, 16);
}

describe.each(allGenerators.map((one) => [one.card.name, one] as const))(
  '%s',
  (name, generator) => {
    const { card } = generator;

    it('makes the columns of its card, in order and of their types', () => {
      const columns = generator.generate({ numRows: 10, seed: 1 });
      const made = Object.entries(columns).map(([column, { type }]) => ({ name: column, type }));
      expect(made).toEqual(card.columns.map(({ name: column, type }) => ({ name: column, type })));
      for (const label of card.labels) expect(Object.keys(columns)).toContain(label);
    });

    it('makes the same bytes as ever', () => {
      expect(hashOf(generator.generate({ numRows: 2000, seed: 1 }))).toBe(hashes[name]);
    });

    it('gives a row the same values in any part', () => {
      const whole = generator.generate({ numRows: 300, seed: 5 });
      const part = generator.generate({ numRows: 100, seed: 5, firstRow: 150 });
      for (const [column, values] of Object.entries(part)) {
        const expected = dataOf(whole[column] as GeneratedColumn).slice(150, 250);
        expect(dataOf(values)).toEqual(expected);
      }
    });

    it('gives other rows for another seed', () => {
      const one = generator.generate({ numRows: 200, seed: 1 });
      const other = generator.generate({ numRows: 200, seed: 2 });
      expect(hashOf(one)).not.toBe(hashOf(other));
    });

    it('makes 100,000 rows within seconds, all finite', () => {
      const start = performance.now();
      const columns = generator.generate({ numRows: 100_000, seed: 3 });
      expect(performance.now() - start).toBeLessThan(10_000);
      for (const column of Object.values(columns)) {
        expect(dataOf(column).every((value) => Number.isFinite(value))).toBe(true);
      }
    });

    it('has a card in the README', () => {
      const readme = readFileSync(new URL('../../datasets/README.md', import.meta.url), 'utf8');
      expect(readme).toContain(cardMarkdown(card));
    });
  },
);

describe('inverseNormal', () => {
  it('gives the known quantiles of the normal distribution', () => {
    expect(inverseNormal(0.5)).toBe(0);
    expect(inverseNormal(0.975)).toBeCloseTo(1.959963985, 7);
    expect(inverseNormal(0.001)).toBeCloseTo(-3.090232306, 7);
    expect(inverseNormal(0.2)).toBeCloseTo(-inverseNormal(0.8), 12);
  });
});

describe('what is planted', () => {
  it('leaves late about 23 % of the flights and misses values as the card says', () => {
    const columns = allGenerators[0]?.generate({ numRows: 50_000, seed: 1 }) as GeneratedColumns;
    const share = (values: Uint8Array): number =>
      values.reduce((sum, v) => sum + v, 0) / values.length;
    const validOf = (name: string): Uint8Array => {
      const column = columns[name] as GeneratedColumn;
      if (column.type === 'string' || column.valid === undefined)
        throw new Error('no missing values');
      return column.valid;
    };
    expect(share(dataOf(columns.delayed as GeneratedColumn) as Uint8Array)).toBeCloseTo(0.23, 1);
    expect(1 - share(validOf('windSpeed'))).toBeCloseTo(0.06, 1);
    expect(1 - share(validOf('aircraftAge'))).toBeCloseTo(0.09, 1);
  });
});
