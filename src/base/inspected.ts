/**
 * What does console.log show of an object? Node asks a method of this name. Stages show what they were given instead of
 * every default and node of a tree, tables their columns.
 */

/** The name of the method. */
export const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** What Node hands to the method to show the values inside with. */
export type Inspect = (value: unknown, options: object) => string;
