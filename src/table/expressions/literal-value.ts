/** Constants of expressions. */
import { describeValue } from '../../base/describe-value.ts';
import { CoppiceError } from '../../base/errors.ts';
import type { LiteralValue } from './expression-node.ts';

/** A constant as plain data. @throws CoppiceError `PARAM_INVALID` */
export function literalOf(value: unknown): LiteralValue {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { dateMs: value.getTime() };
  if (
    typeof value === 'bigint' &&
    value !== BigInt.asIntN(64, value) &&
    value !== BigInt.asUintN(64, value)
  ) {
    const message = `constant of an expression must be an integer of 64 bits; got ${value}n`;
    throw new CoppiceError('PARAM_INVALID', message);
  }
  if (value === null || ['number', 'string', 'boolean', 'bigint'].includes(typeof value)) {
    return value as LiteralValue;
  }
  const rule = 'a number, string, boolean, bigint, date or null';
  throw new CoppiceError(
    'PARAM_INVALID',
    `constant of an expression must be ${rule}; got ${describeValue(value)}`,
  );
}
