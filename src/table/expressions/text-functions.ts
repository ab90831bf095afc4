/** The functions of text in expressions; each runs once for each distinct text. */
import { Int32 } from 'apache-arrow';
import type { TextName } from './expression-node.ts';
import { likeTest } from './like-pattern.ts';
import { type TextValues, type Values, validityOfValues } from './values.ts';

const tests: Partial<Record<TextName, (arg: string) => (text: string) => boolean>> = {
  startsWith: (arg) => (text) => text.startsWith(arg),
  endsWith: (arg) => (text) => text.endsWith(arg),
  contains: (arg) => (text) => text.includes(arg),
  like: (arg) => likeTest(arg),
};

const changes: Partial<Record<TextName, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  trim: (text) => text.trim(),
};

/** Runs a function over a column of text. */
export function runText(name: TextName, input: TextValues, arg: string): Values {
  const valid = validityOfValues(input);
  const change = changes[name];
  if (change !== undefined) {
    // Different texts may become one: codes are made anew.
    const firsts = new Map<string, number>();
    const map = input.texts.map((text) => {
      const changed = change(text);
      const code = firsts.get(changed) ?? firsts.size;
      firsts.set(changed, code);
      return code;
    });
    const codes = input.codes.map((code) => (code < 0 ? -1 : (map[code] as number)));
    return { kind: 'text', codes, texts: [...firsts.keys()] };
  }
  const test = tests[name]?.(arg);
  const answers = input.texts.map((text) =>
    test === undefined ? [...text].length : Number(test(text)),
  );
  if (test !== undefined) {
    const values = new Uint8Array(input.codes.length);
    for (let i = 0; i < values.length; i++) values[i] = answers[input.codes[i] as number] ?? 0;
    return { kind: 'bool', values, valid };
  }
  const values = new Float64Array(input.codes.length);
  for (let i = 0; i < values.length; i++) values[i] = answers[input.codes[i] as number] ?? 0;
  return { kind: 'number', type: new Int32(), values, valid };
}
