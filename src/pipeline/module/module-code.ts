/**
 * Pieces of JavaScript that a module is made of: each is a text with the pieces that it calls, and a module has those that
 * its steps need, each once. A piece of a kind of step sets a maker, from the data of a step to a function of the slots.
 */

/** A piece of code. */
export interface ModuleCode {
  readonly text: string;
  readonly needs: readonly ModuleCode[];
}

/** A piece that runs steps of one kind. */
export interface ModuleOp extends ModuleCode {
  /** What the steps' data calls it. */
  readonly op: string;
}

/** A piece of code that others call. */
export function moduleCode(text: string, needs: readonly ModuleCode[] = []): ModuleCode {
  return { text: text.trim(), needs };
}

/** The maker of a kind of steps: `(step) => (slots, row) => …`. */
export function moduleOp(op: string, maker: string, needs: readonly ModuleCode[] = []): ModuleOp {
  return { op, text: `makers.${op} = ${maker.trim()}`, needs };
}

/** The texts of some pieces and of all that they need, in an order in which each is known before it is called. */
export function codeTexts(pieces: Iterable<ModuleCode>): string[] {
  const known = new Set<ModuleCode>();
  const add = (piece: ModuleCode): void => {
    if (known.has(piece)) return;
    for (const needed of piece.needs) add(needed);
    known.add(piece);
  };
  for (const piece of pieces) add(piece);
  return [...known].map(({ text }) => text);
}
