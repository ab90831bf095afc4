/** The lines of LightGBM's text model: a head, trees, parameters, categories of pandas. */
import type { ModelFile } from './model-file.ts';

/** `name=value` lines by name. */
export type Section = ReadonlyMap<string, string>;

/** The parts of a file. */
export interface LightGBMText {
  readonly head: Section;
  readonly trees: readonly Section[];
  /** What it was trained with; empty where the file does not say it. */
  readonly parameters: Section;
  /** Values of each category column of a data frame; none where there was no data frame. */
  readonly pandas: readonly (readonly (string | number | boolean)[])[];
}

/** Cuts the text into its parts. @throws CoppiceError `MODEL_FORMAT` */
export function readLightGBMText(file: ModelFile, text: string): LightGBMText {
  const lines = text.split(/\r?\n/);
  if (lines[0]?.trim() !== 'tree')
    throw file.malformed('does not begin with the line "tree", as save_model writes it');
  const head = new Map<string, string>();
  const trees: Map<string, string>[] = [];
  const parameters = new Map<string, string>();
  let pandas: LightGBMText['pandas'] = [];
  let section: Map<string, string> | null = head;
  let hasEnd = false;
  for (const line of lines) {
    if (line === 'end of trees') {
      hasEnd = true;
      section = null;
    } else if (line.startsWith('pandas_categorical:')) {
      pandas = pandasCategories(file, line.slice('pandas_categorical:'.length));
    } else if (hasEnd) {
      const found = /^\[([^:]+): (.*)\]$/.exec(line);
      if (found !== null) parameters.set(found[1] as string, found[2] as string);
    } else if (line.startsWith('Tree=')) {
      if (line !== `Tree=${trees.length}`)
        throw file.malformed(`has ${line} where Tree=${trees.length} was expected`);
      section = new Map();
      trees.push(section);
    } else if (section !== null) {
      const at = line.indexOf('=');
      if (at > 0) section.set(line.slice(0, at), line.slice(at + 1));
      else if (line !== '') section.set(line, '');
    }
  }
  if (!hasEnd) throw file.malformed('has no line "end of trees"');
  if (lines.includes('parameters:') && !lines.includes('end of parameters'))
    throw file.malformed('has no line "end of parameters"');
  const numTrees = words(head.get('tree_sizes') ?? '').length;
  if (numTrees !== trees.length)
    throw file.malformed(`has ${trees.length} trees, and sizes of ${numTrees}`);
  return { head, trees, parameters, pandas };
}

function pandasCategories(file: ModelFile, text: string): LightGBMText['pandas'] {
  let lists: unknown;
  try {
    lists = JSON.parse(text);
  } catch {
    throw file.malformed('has pandas_categorical that is no JSON');
  }
  if (lists === null) return [];
  const isValue = (value: unknown): boolean =>
    ['string', 'number', 'boolean'].includes(typeof value);
  const areLists =
    Array.isArray(lists) && lists.every((list) => Array.isArray(list) && list.every(isValue));
  if (!areLists) throw file.malformed('has pandas_categorical that is no list of lists');
  return lists as LightGBMText['pandas'];
}

/** The words of a line. */
export function words(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}

/** A line of numbers. @throws CoppiceError `MODEL_FORMAT` where they are fewer or more, or no numbers */
export function numbersOf(
  file: ModelFile,
  section: Section,
  name: string,
  count: number,
): Float64Array {
  const found = words(section.get(name) ?? '');
  if (found.length !== count)
    throw file.malformed(`has ${found.length} numbers in ${name}, not ${count}`);
  return Float64Array.from(found, (word) => {
    const value = /^-?inf/.test(word) ? (word.startsWith('-') ? -1 : 1) * Infinity : Number(word);
    if (!Number.isNaN(value)) return value;
    throw file.malformed(`has ${JSON.stringify(word.slice(0, 40))} in ${name}, which is no number`);
  });
}

/** The same of whole numbers. */
export function integersOf(
  file: ModelFile,
  section: Section,
  name: string,
  count: number,
): Float64Array {
  const values = numbersOf(file, section, name, count);
  const wrong = values.find((value) => !Number.isSafeInteger(value));
  if (wrong === undefined) return values;
  throw file.malformed(`has ${wrong} in ${name}, which is no whole number`);
}

/** One whole number from 0 on. */
export function countOf(file: ModelFile, section: Section, name: string): number {
  const [value] = integersOf(file, section, name, 1);
  if ((value as number) >= 0) return value as number;
  throw file.malformed(`has ${value} as ${name}`);
}
