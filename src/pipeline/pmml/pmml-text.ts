/** Pieces of XML as text. Names and values are escaped so that a parser gives them back as they were. */
import { CoppiceError } from '../../base/errors.ts';

/** Attributes in their order; what is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; without content it closes itself. */
export function element(tag: string, attributes: Attributes, ...parts: string[]): string {
  const inside = parts.join('');
  const head = opened(tag, attributes);
  return inside === '' ? `${head.slice(0, -1)}/>` : `${head}${inside}</${tag}>`;
}

/** The tag that opens an element. */
export function opened(tag: string, attributes: Attributes): string {
  const texts = Object.entries(attributes).map(([name, value]) =>
    value === undefined ? '' : ` ${name}="${escaped(String(value))}"`,
  );
  return `<${tag}${texts.join('')}>`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

// what no document of XML 1.0 may have, not even escaped: control characters and halves of surrogate pairs
const unspeakable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** A text inside an attribute. @throws CoppiceError `UNSUPPORTED` for characters that XML does not have */
export function escaped(text: string): string {
  return replaced(text, /[&<>"\t\n\r]/g);
}

/** A text inside an element. Some engines read only the last piece of one that has escapes, so there are as few as can be. */
export function content(text: string): string {
  return replaced(text, /[&<>\r]/g);
}

function replaced(text: string, which: RegExp): string {
  if (unspeakable.test(text)) {
    throw new CoppiceError(
      'UNSUPPORTED',
      `names and categories of a model written as PMML must have characters of XML only; got ${JSON.stringify(text)}; rename it before the fit`,
    );
  }
  return text.replace(which, (character) => escapes[character] as string);
}

/** The number as a text that gives it back. @throws CoppiceError `UNSUPPORTED` for an infinite one, which PMML has no text of */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  throw new CoppiceError(
    'UNSUPPORTED',
    `numbers of a model written as PMML must be finite; got ${value}; write it as ONNX or a JavaScript module`,
  );
}

/** What a field is computed with: a function of others. */
export function apply(name: string, ...parts: string[]): string {
  return element('Apply', { function: name }, ...parts);
}

/** The value of a field. */
export function fieldRef(field: string): string {
  return element('FieldRef', { field });
}

/** What is made of a field where it is not missing; else it is missing, whatever an engine's functions do then. */
export function whereThere(field: string, made: string): string {
  return apply('if', apply('isNotMissing', fieldRef(field)), made);
}

/** A number that an expression has. */
export function numberConstant(value: number): string {
  return element('Constant', { dataType: 'double' }, numberText(value));
}

/** A text that an expression has. */
export function textConstant(value: string, dataType = 'string'): string {
  return `${opened('Constant', { dataType })}${content(value)}</Constant>`;
}

/** An output field. */
export function outputField(
  name: string,
  type: { readonly optype: string; readonly dataType: string },
  feature: { readonly feature: string; readonly value?: string; readonly isFinalResult?: string },
  ...content: string[]
): string {
  return element('OutputField', { name, ...type, ...feature }, ...content);
}

/** Numbers of a model's outputs. */
export const continuous = { optype: 'continuous', dataType: 'double' } as const;
