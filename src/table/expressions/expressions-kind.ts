/** A parameter that gives an expression for each of some names. */
import { isPlainObject, type Json } from '../../base/json.ts';
import { jsonFromText } from '../../params/json-from-text.ts';
import {
  type CommonFacts,
  makeSpec,
  type ParamSpec,
  type PresenceOf,
  refused,
} from '../../params/param-spec.ts';
import { Expression } from './expression.ts';
import { expressionFromJson, expressionToJson } from './expression-json.ts';
import { expressionOf } from './parse-expression.ts';

/** Expressions by name; a text is read as `expr` reads it. */
export type ExpressionsByName = Readonly<Record<string, Expression | string>>;

/** An object of at least one expression, by name, in the order given. */
export function expressionsByName<const F extends CommonFacts>(
  facts: F,
): ParamSpec<ExpressionsByName, PresenceOf<F>> {
  const check = (value: unknown): Readonly<Record<string, Expression>> | typeof refused => {
    if (!isPlainObject(value)) return refused;
    const entries = Object.entries(value);
    const isSound = entries.every(
      ([, own]) => own instanceof Expression || typeof own === 'string',
    );
    if (!isSound || entries.length === 0) return refused;
    const read = entries.map(([name, own]) => [
      name,
      typeof own === 'string' ? expressionOf(own, `the expression of ${name}`) : own,
    ]);
    return Object.freeze(Object.fromEntries(read)) as Readonly<Record<string, Expression>>;
  };
  return makeSpec<ExpressionsByName, F>(
    {
      kind: 'expressionsByName',
      rule: 'an object of expressions by name, each made with col(…) or a text for expr',
      check,
      toJson: (value) =>
        Object.entries(value as Readonly<Record<string, Expression>>).map(([name, { node }]) => ({
          name,
          expression: expressionToJson(node),
        })),
      fromJson: (saved) => (Array.isArray(saved) ? Object.fromEntries(saved.map(entryOf)) : saved),
      fromText: jsonFromText,
    },
    facts,
  );
}

/** A list, since JSON may be written again with its names in another order. */
function entryOf(saved: Json): readonly [string, unknown] {
  const { name, expression } = isPlainObject(saved) ? saved : {};
  return [String(name), new Expression(expressionFromJson(expression))];
}
