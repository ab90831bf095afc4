/** Runs a model that was written as a JavaScript module, in this process. */
import type { Score, ScorerRow } from '../../../src/index.ts';

/** What such a module exports. */
export interface WrittenModule {
  readonly predict: (row: ScorerRow) => Score;
  readonly columns: readonly string[];
  readonly classes: readonly unknown[];
}

/** The exports of a module's text. It is strict code as modules are; only the word export is taken away. */
export function runModule(text: string): WrittenModule {
  const body = text.replaceAll(/^export /gm, '');
  return new Function(
    `'use strict';\n${body}\nreturn { predict, columns, classes };`,
  )() as WrittenModule;
}
