/**
 * How a value at fault is shown in an error's sentence: short, on one line, and never by running code of
 * the value (no toString, no getters of unknown objects).
 */
const maxLength = 80;

/** A short text for any value, for the "got …" of an error. */
export function describeValue(value: unknown): string {
  const text = describe(value, 0);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

/** Why something was thrown, in words, whatever it is. */
export function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (thrown instanceof Error && typeof thrown.message === 'string') return thrown.message;
  return describeValue(thrown);
}

function describe(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function')
    return value.name === '' ? 'a function' : `function ${value.name}`;
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null)
    return Object.is(value, -0) ? '0' : String(value);
  if (Array.isArray(value)) {
    if (depth > 1) return '[…]';
    const shown = value.slice(0, 8).map((item) => describe(item, depth + 1));
    return `[${shown.join(', ')}${value.length > 8 ? ', …' : ''}]`;
  }
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  const maker = prototype?.constructor;
  if (typeof maker === 'function' && maker !== Object) return `an object of class ${maker.name}`;
  return depth > 1 ? '{…}' : `{${Object.keys(value).slice(0, 8).join(', ')}}`;
}
