import { expect, it } from 'vitest';
import { typeAtPath } from '../../src/pipeline/logical-schema.ts';

it('finds the types of many columns without looking at all of them for each', () => {
  let numReads = 0;
  const schema = Array.from({ length: 2000 }, (_, i) => ({
    get name() {
      numReads += 1;
      return `c${i}`;
    },
    type: `vector[${i}]`,
    children: [{ name: 'item', type: 'float' }],
  }));
  const types = schema.map((_, i) => typeAtPath(schema, [`c${i}`]));
  expect(types).toEqual(schema.map((_, i) => `vector[${i}]`));
  expect(typeAtPath(schema, ['c7', '3'])).toBe('float');
  expect(typeAtPath(schema, ['other'])).toBe('');
  expect(numReads).toBeLessThan(10 * schema.length);
});
