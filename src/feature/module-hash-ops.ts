/** What a step of FeatureHasher does in a JavaScript module: the hash of base/murmur-hash.ts, numbers as java-text.ts writes them. */
import { moduleCode, moduleOp } from '../pipeline/module/module-code.ts';
import { textCode } from '../pipeline/module/module-math.ts';

const murmurCode = moduleCode(`
const encoder = new TextEncoder();
const rotate = (word, by) => (word << by) | (word >>> (32 - by));
const scramble = (word) => Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);

// MurmurHash3 of UTF-8 bytes with the seed of Spark
const murmurHash = (text) => {
  const bytes = encoder.encode(text);
  const numWhole = bytes.length & ~3;
  let hash = 42;
  let rest = 0;
  for (let at = 0; at < numWhole; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    hash = Math.imul(rotate(hash ^ scramble(word), 13), 5) + 0xe6546b64;
  }
  for (let at = bytes.length - 1; at >= numWhole; at--) rest = (rest << 8) | bytes[at];
  if (numWhole < bytes.length) hash ^= scramble(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
};
`);

const javaTextCode = moduleCode(`
// a number as Java writes it, of the shortest digits of its size
const javaText = (value, shortest) => {
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  if (size === Infinity) return sign + 'Infinity';
  if (size === 0) return '0.0';
  const [mantissa, power = '0'] = shortest.split('e');
  const [whole, part = ''] = mantissa.split('.');
  const all = whole + part;
  const first = all.search(/[1-9]/);
  const digits = all.slice(first).replace(/0+$/, '');
  const exponent = Number(power) + whole.length - 1 - first;
  if (size < 1e-3 || size >= 1e7) return sign + digits[0] + '.' + (digits.slice(1) || '0') + 'E' + exponent;
  if (exponent < 0) return sign + '0.' + digits.padStart(digits.length - exponent - 1, '0');
  return sign + digits.slice(0, exponent + 1).padEnd(exponent + 1, '0') + '.' + (digits.slice(exponent + 1) || '0');
};

const javaTexts = {
  double: (value) => javaText(value, String(Math.abs(value))),
  float: (value) => {
    const size = Math.abs(value);
    let short = size.toPrecision(1);
    for (let digits = 2; digits < 10 && Math.fround(Number(short)) !== size; digits++) short = size.toPrecision(digits);
    return javaText(value, String(Number(short)));
  },
};
`);

/** What falls into buckets by a hash. */
export const hashOp = moduleOp(
  'hash',
  `
({ to, columns }) => (slots) => {
  for (const slot of to) slots[slot] = 0;
  for (const { from, kind, prefix, bucket, isFlag } of columns) {
    const value = slots[from];
    if (value === null || value !== value) continue;
    if (kind === 'number') {
      slots[to[bucket]] += value;
      continue;
    }
    const text = kind === 'text' ? textOf(value, isFlag) : javaTexts[kind](value);
    const remainder = murmurHash(prefix + text) % to.length;
    slots[to[remainder < 0 ? remainder + to.length : remainder]] += 1;
  }
};
`,
  [murmurCode, javaTextCode, textCode],
);
