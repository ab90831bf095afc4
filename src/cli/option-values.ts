/** How the text behind an option becomes a value. */
import { type Command, InvalidArgumentError } from 'commander';

/** A column, or a list of them where it is given again. */
export function oneOrMore(
  text: string,
  previous: string | readonly string[] | undefined,
): string | readonly string[] {
  return previous === undefined ? text : [previous, text].flat();
}

/** `a,b,c`, or a JSON array where a name holds a comma; given again, the names are added. */
export function list(text: string, previous: readonly string[] = []): string[] {
  return [...previous, ...namesIn(text)];
}

function namesIn(text: string): string[] {
  if (text.trim().startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed;
    } catch {
      // Falls through to the sentence below.
    }
    throw new InvalidArgumentError('A JSON array of strings was expected.');
  }
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** `zip=string,price=decimal(9,2)`, or a JSON object of texts; given again, the pairs are added. */
export function pairs(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  if (text.trim().startsWith('{')) {
    const parsed = parsedPairs(text);
    if (parsed !== null) return { ...previous, ...parsed };
    throw new InvalidArgumentError('A JSON object of texts was expected.');
  }
  // a comma between brackets is part of a type
  const parts = text.split(/,(?![^()]*\))/).filter((part) => part.trim() !== '');
  const found = parts.map((part): [string, string] => {
    const at = part.lastIndexOf('=');
    const [name, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (at > 0 && name !== '' && value !== '') return [name, value];
    throw new InvalidArgumentError('column=type,column=type was expected.');
  });
  return { ...previous, ...Object.fromEntries(found) };
}

/** `speed=miles / hours`; given again, another column is added. */
export function computedColumn(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  const [name, expression] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && name !== '' && expression !== '') return { ...previous, [name]: expression };
  throw new InvalidArgumentError('column=expression was expected, as speed=miles / hours.');
}

function parsedPairs(text: string): Record<string, string> | null {
  try {
    const parsed = JSON.parse(text) as Record<string, string>;
    return Object.values(parsed).every((value) => typeof value === 'string') ? parsed : null;
  } catch {
    return null;
  }
}

/** A whole number above 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('A whole number above 0 was expected.');
}

/** A whole number from 0. */
export function countFromZero(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number from 0 was expected.');
}

/** The reading of options that may be given again; what they name then is added. */
const repeatable: readonly unknown[] = [list, oneOrMore, pairs, computedColumn];

/** An option of one value that is given twice would lose the first one without a word. */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    const parse = option.parseArg;
    if (option.isBoolean() || option.variadic || repeatable.includes(parse)) continue;
    let isGiven = false;
    option.argParser((text: string, previous: unknown) => {
      if (isGiven) throw new InvalidArgumentError('It was given before, and takes one value.');
      isGiven = true;
      return parse === undefined ? text : parse(text, previous);
    });
  }
}

/** `12,24,36`: numbers from 0 on, each above the one before. */
export function ascendingNumbers(text: string): number[] {
  const numbers = text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  const isSound = numbers.every(
    (value, i) => value >= 0 && value < Number.POSITIVE_INFINITY && value > (numbers[i - 1] ?? -1),
  );
  if (isSound) return numbers;
  throw new InvalidArgumentError('Ascending numbers from 0 on were expected, as 12,24,36.');
}
