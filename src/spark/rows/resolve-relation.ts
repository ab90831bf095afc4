/** Makes a plan ready to be sent: the steps whose messages are made late are made, from the inside out. */
import type { Relation } from '../connect/messages.ts';

const inputs = new Set(['input', 'left_input', 'right_input']);

/** The plan as messages only. */
export async function resolveRelation(relation: Relation): Promise<Relation> {
  if ('late' in relation) {
    const { input, make } = relation.late;
    return await make(await resolveRelation(input));
  }
  const [[kind, step]] = Object.entries(relation) as [[string, Record<string, unknown>]];
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(step)) {
    entries.push([key, inputs.has(key) ? await resolveRelation(value as Relation) : value]);
  }
  return { [kind]: Object.fromEntries(entries) } as unknown as Relation;
}
