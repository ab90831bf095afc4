/** Names and constants as SQL text that Spark reads back as they were, whatever characters they hold. */

/** A column's name, quoted. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A constant text: as bytes, so that no rule about quotes and backslashes applies. */
export function quoteText(text: string): string {
  return `CAST(X'${Buffer.from(text, 'utf8').toString('hex')}' AS STRING)`;
}

/** A constant float64, every bit of it. */
export function quoteDouble(value: number): string {
  if (Number.isNaN(value)) return `double('NaN')`;
  if (!Number.isFinite(value)) return value > 0 ? `double('Infinity')` : `double('-Infinity')`;
  return Object.is(value, -0) ? `double('-0.0')` : `${value.toExponential()}D`;
}
