/** Warnings to people: something is odd but the work goes on. */

/** Emits a process warning of the library's own kind. */
export function emitWarning(message: string): void {
  process.emitWarning(message, 'CoppiceWarning');
}
