/**
 * Work that a second driver finds again: session and operation have ids that hang on what they are, not on chance. So
 * who asks Spark for the same work in a session of the same name is told that it runs already, and attaches to it.
 */
import { createHash } from 'node:crypto';
import type { Relation } from '../connect/messages.ts';

/** A UUID that hangs on a text alone. */
export function uuidOf(text: string): string {
  const digits = createHash('sha256').update(`coppice ${text}`).digest('hex');
  // version 8: made by a rule of our own
  const variant = '89ab'[Number.parseInt(digits[16] as string, 16) % 4];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

/** The id of the operation that carries a plan out. */
export function operationOf(sessionId: string, plan: Relation): string {
  const text = JSON.stringify(plan, (_, value: unknown) =>
    value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value,
  );
  return uuidOf(`operation ${sessionId} ${text}`);
}
