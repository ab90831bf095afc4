/** Numbers as Java writes them: what Spark hashes where a number is a category. */

/** A float64, as `Double.toString`: the shortest digits that mean it, at least one behind the point. */
export function javaDouble(value: number): string {
  return javaText(value, String(Math.abs(value)));
}

/** A float32, as `Float.toString`: the shortest digits that mean it among float32 numbers. */
export function javaFloat(value: number): string {
  const size = Math.abs(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = size.toPrecision(digits);
    if (Math.fround(Number(short)) === size) return javaText(value, String(Number(short)));
  }
  return javaText(value, String(Number(size.toPrecision(9))));
}

/** @param shortest the digits of |value|, as JavaScript writes them */
function javaText(value: number, shortest: string): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${sign}Infinity`;
  if (size === 0) return `${sign}0.0`;
  const { digits, exponent } = digitsOf(shortest);
  if (size >= 1e-3 && size < 1e7) {
    const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    const part =
      exponent < 0
        ? digits.padStart(digits.length - exponent - 1, '0')
        : digits.slice(exponent + 1);
    return `${sign}${whole}.${part === '' ? '0' : part}`;
  }
  return `${sign}${digits.slice(0, 1)}.${digits.length > 1 ? digits.slice(1) : '0'}E${exponent}`;
}

/** d.ddd · 10^exponent, without zeros at the end. */
function digitsOf(shortest: string): { digits: string; exponent: number } {
  const [mantissa = '', power = '0'] = shortest.split('e');
  const [whole = '', part = ''] = mantissa.split('.');
  const all = `${whole}${part}`;
  const first = all.search(/[1-9]/);
  const digits = all.slice(first).replace(/0+$/, '');
  return { digits, exponent: Number(power) + whole.length - 1 - first };
}
