/**
 * What a JSON text can hold, and how this library writes one: keys in the order they were put in, two
 * spaces, a newline at the end, so that equal values give equal bytes.
 */

/** A value that survives JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of JSON values. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The text that is stored for a value. */
export function jsonText(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** True for a plain object: not null, no array, no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A deeply frozen copy of a JSON value, or undefined when the value is not JSON. */
export function freezeJson(value: unknown): Json | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const items = value.map(freezeJson);
    return items.includes(undefined) ? undefined : Object.freeze(items as Json[]);
  }
  if (!isPlainObject(value)) return undefined;
  const entries = Object.entries(value).map(([key, item]) => [key, freezeJson(item)] as const);
  if (entries.some(([, item]) => item === undefined)) return undefined;
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return Object.freeze(Object.fromEntries(entries) as JsonObject);
}
