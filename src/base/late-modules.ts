/**
 * What does a thread do when it is asked for something that no module it has loaded knows? A thread starts with the
 * modules of the commonest work; the first name that is not among theirs has it load the rest. Without a rest a name is
 * known or unknown at once.
 */
let loadRest: (() => Promise<unknown>) | null = null;

/** Says how the rest is loaded; called by the entry of a thread. */
export function restIs(load: () => Promise<unknown>): void {
  loadRest = load;
}

/** What is known under a name, once the rest is loaded where that is needed. */
export async function knownAs<T>(
  known: ReadonlyMap<string, T>,
  name: string,
): Promise<T | undefined> {
  const found = known.get(name);
  if (found !== undefined || loadRest === null) return found;
  await loadRest();
  return known.get(name);
}
