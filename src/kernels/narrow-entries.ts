/**
 * Entries from one one-byte feature of a histogram to the next: 256, and eight more. Sparse features keep adding to
 * their bin 0; were those a power of two apart, they would drive each other out of the few places that the
 * processor's nearest cache has for such addresses. wasm/assembly/histogram.ts holds the number in its offsets.
 */
export const narrowEntries = 264;
