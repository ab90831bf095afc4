/** One edit of a bug: the only place in `file` that reads `find`. */
export interface PlantedEdit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** See bugs.mjs. */
export const plantedBugs: readonly {
  readonly name: string;
  readonly edits: readonly PlantedEdit[];
  readonly tests: readonly string[];
}[];
