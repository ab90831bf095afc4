/** Is the pickle that Spark's workers read what it should be, whatever the text in it? Read here opcode by opcode. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pickleOfFunction } from '../../src/spark/pickle.ts';

/** What the few opcodes that may occur build; any other is an error. */
function read(bytes: Uint8Array): unknown {
  const pickle = Buffer.from(bytes);
  const stack: unknown[] = [];
  const marks: number[] = [];
  for (let at = 0; at < pickle.length; ) {
    const opcode = String.fromCharCode(pickle[at++] as number);
    if (opcode === '(') marks.push(stack.length);
    else if (opcode === 'c') {
      const middle = pickle.indexOf('\n', at);
      const end = pickle.indexOf('\n', middle + 1);
      stack.push(
        `${pickle.toString('utf8', at, middle)}.${pickle.toString('utf8', middle + 1, end)}`,
      );
      at = end + 1;
    } else if (opcode === 'X') {
      const length = pickle.readUInt32LE(at);
      stack.push({ text: pickle.toString('utf8', at + 4, at + 4 + length) });
      at += 4 + length;
    } else if (opcode === 't') stack.push(stack.splice(marks.pop() as number));
    else if (opcode === 'R') {
      const given = stack.pop();
      stack.push({ called: stack.pop(), given });
    } else if (opcode === '.') {
      expect(at).toBe(pickle.length);
      expect(stack).toHaveLength(1);
      return stack[0];
    } else throw new Error(`opcode ${opcode} at ${at - 1}`);
  }
  throw new Error('no stop');
}

it('calls two functions, and text stays text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('\n.cos\nsystem\n(tR', 'tR.', '🌳'.repeat(300), '\u0000'),
  );
  fc.assert(
    fc.property(text, text, (conf, type) => {
      expect(read(pickleOfFunction(conf, type))).toEqual([
        { called: 'coppice_shim.run', given: [{ text: conf }] },
        { called: 'pyspark.sql.types._parse_datatype_json_string', given: [{ text: type }] },
      ]);
    }),
  );
});

it('holds a megabyte', () => {
  const long = 'ü'.repeat(2 ** 19);
  const found = read(pickleOfFunction(long, '')) as { given: { text: string }[] }[];
  expect(found[0]?.given[0]?.text === long).toBe(true);
});
