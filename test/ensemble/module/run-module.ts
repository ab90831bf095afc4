/** Runs a model that was written as a JavaScript module, in this process. */
import type { Model, Score, ScorerRow } from '../../../src/index.ts';

/** Answers for one row. */
export type Scores = (row: ScorerRow) => Score;

/** What such a module exports. */
export interface WrittenModule {
  readonly predict: Scores;
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

/** What is answered for a row; a row that is refused is told by a word. */
export function answerOf(score: Scores, row: ScorerRow): unknown {
  try {
    return score(row);
  } catch (error) {
    const isTold = error instanceof TypeError || 'code' in (error as object);
    if (isTold) return 'refused';
    throw error;
  }
}

/** The scorer of a model that predicts. */
export async function scorerOf(model: Model): Promise<Scores> {
  return await (model as unknown as { scorer(): Promise<Scores> }).scorer();
}
