/**
 * Which class does a saved name stand for? Classes enter themselves here when their module is loaded; a
 * saved file can therefore only ever name code that the program has imported by itself.
 */
import { CoppiceError } from '../base/errors.ts';
import { nameSuggestion } from '../base/nearest-name.ts';
import type { ParamSchema } from '../params/define-params.ts';
import { guardTables } from './guard-tables.ts';

/** The part of a stage's class that is looked at here. */
export interface RegisteredClass {
  /** The declared parameters. */
  readonly paramSchema: ParamSchema;
  /** Makes a stage of what was saved. */
  fromSaved(reader: never): unknown;
}

const classes = new Map<string, RegisteredClass>();

/**
 * Makes a class of stages loadable. A class of your own registers itself in the same way.
 *
 * @throws CoppiceError `USAGE` when another class has the name already
 */
export function registerStage(stageClass: RegisteredClass): void {
  const name = stageClass.paramSchema.owner;
  const known = classes.get(name);
  if (known !== undefined && known !== stageClass) {
    throw new CoppiceError(
      'USAGE',
      `two classes of stages are named ${name}; name one of them otherwise`,
    );
  }
  if (known === undefined) guardTables(stageClass);
  classes.set(name, stageClass);
}

/** The class of a saved name; throws `MODEL_CLASS` for an unknown one. */
export function stageClassNamed(name: string): RegisteredClass {
  const found = classes.get(name);
  if (found !== undefined) return found;
  const hint = nameSuggestion(name, registeredStages());
  const message =
    `the saved model is of class ${name}, which is not known here: import the module that defines it ` +
    `and calls registerStage, or update coppice (${hint})`;
  throw new CoppiceError('MODEL_CLASS', message, { context: { class: name } });
}

/** The names of all registered classes, sorted. */
export function registeredStages(): string[] {
  return [...classes.keys()].sort();
}
