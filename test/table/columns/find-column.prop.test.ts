/** Is a column found where a plain search finds it, however often a list is asked? */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findPlace, firstTwice } from '../../../src/table/columns/find-column.ts';
import { inlineTable } from '../../tools/inline-table.ts';

const letters = fc.constantFrom('a', 'b', 'c', 'd');
const names = fc.array(fc.oneof(letters, fc.string({ maxLength: 2 })), {
  maxLength: 80,
  size: 'max',
});

it('finds the first column of a name, at every look', () => {
  fc.assert(
    fc.property(names, fc.array(letters, { minLength: 3, maxLength: 6 }), (all, asked) => {
      const fields = all.map((name) => ({ name }));
      for (const name of asked) expect(findPlace(fields, name)).toBe(all.indexOf(name));
    }),
  );
});

it('finds what a list was given after it was asked', () => {
  fc.assert(
    fc.property(names, fc.array(letters, { minLength: 3, maxLength: 6 }), (all, asked) => {
      const fields = all.map((name) => ({ name }));
      for (const [i, name] of asked.entries()) {
        const known = fields.map((field) => field.name);
        expect(findPlace(fields, name)).toBe(known.indexOf(name));
        fields.push({ name: `${name}${i}` });
        expect(findPlace(fields, `${name}${i}`)).toBe(
          [...known, `${name}${i}`].indexOf(`${name}${i}`),
        );
      }
    }),
  );
});

it('tells the first name that stands twice', () => {
  fc.assert(
    fc.property(names, (all) => {
      expect(firstTwice(all)).toBe(all.find((name, i) => all.indexOf(name) !== i));
    }),
  );
});

it('drops one of many columns after another, and selects many', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `c${i}`);
  const columns = Object.fromEntries(many.map((name) => [name, Float64Array.of(1)]));
  let table = inlineTable(columns);
  for (const name of many.slice(0, 100)) table = table.drop(name);
  expect(table.columns).toEqual(many.slice(100));
  expect(table.drop(...many.slice(200)).columns).toEqual(many.slice(100, 200));
  expect(table.select(...many.slice(150)).columns).toEqual(many.slice(150));
  expect(() => table.select('c200', 'c201', 'c200')).toThrow('distinct names; got "c200" twice');
  expect(() => table.drop('c0')).toThrow('must be one of the table; got "c0"');
});
