/** `like` of expressions: the answers of a regular expression made of the pattern, and of SQL's examples. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { col, createTable } from '../../../src/index.ts';
import { errorOf } from '../../contract/error-of.ts';

async function answers(texts: readonly (string | null)[], pattern: string, by?: string) {
  const table = createTable({ s: texts as string[] }).withColumn('is', col('s').like(pattern, by));
  return (await table.take(texts.length)).map((row) => row.is);
}

const character = fc.constantFrom('a', 'b', '%', '_', '!', '\\', '.', '\n', '🌲');

it('answers as a regular expression of the same meaning', async () => {
  const piece = fc.oneof(
    fc.constantFrom<[string, string]>(
      ['%', '.*'],
      ['_', '.'],
      ['!%', '%'],
      ['!_', '_'],
      ['!!', '!'],
    ),
    fc.constantFrom<[string, string]>(
      ['a', 'a'],
      ['b', 'b'],
      ['\\', '\\\\'],
      ['.', '\\.'],
      ['🌲', '🌲'],
    ),
  );
  const text = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 6 }),
      fc.array(text, { minLength: 1, maxLength: 12 }),
      async (pieces, texts) => {
        const pattern = pieces.map(([like]) => like).join('');
        const same = new RegExp(`^${pieces.map(([, regular]) => regular).join('')}$`, 'su');
        expect(await answers(texts, pattern, '!')).toEqual(texts.map((one) => same.test(one)));
      },
    ),
    { numRuns: 150 },
  );
});

it('takes a backslash for the escape, and null for nothing', async () => {
  const texts = ['10%', '100', null, '', '1_0'];
  expect(await answers(texts, '10\\%')).toEqual([true, false, null, false, false]);
  expect(await answers(texts, '1\\_%')).toEqual([false, false, null, false, true]);
  expect(await answers(texts, '%')).toEqual([true, true, null, true, true]);
  expect(await answers(texts, '')).toEqual([false, false, null, true, false]);
});

it('ends soon whatever the pattern', async () => {
  expect(await answers(['a'.repeat(2000)], `${'%a'.repeat(40)}b`)).toEqual([false]);
});

it('refuses a pattern as Spark does', async () => {
  for (const [pattern, by] of [['a\\'], ['\\a'], ['a!b', '!'], ['a', '!!'], [7]] as const) {
    const error = await errorOf(async () => col('s').like(pattern as string, by));
    expect(error.code).toBe('PARAM_INVALID');
  }
  const error = await errorOf(async () => col('s').like('50\\percent'));
  expect(error.message).toContain('before %, _ or another one; got "50\\\\percent"');
});
