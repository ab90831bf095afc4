/** Decimals digit by digit, as whole numbers of their last place: nothing is rounded but by a smaller scale. */

/** One decimal of a column: little-endian words of 32 bits. */
export function decimalAt(words: Uint32Array, at: number, stride: number): bigint {
  let value = 0n;
  for (let j = stride - 1; j >= 0; j--) value = (value << 32n) | BigInt(words[at + j] as number);
  return BigInt.asIntN(stride * 32, value);
}

/** All its digits, `-7200.40` for −720040 of scale 2. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = scale > 0 ? `.${digits.slice(point)}` : '';
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${fraction}`;
}

/** The same value with another scale, halves away from zero. */
export function rescaledDecimal(unscaled: bigint, from: number, to: number): bigint {
  if (to >= from) return unscaled * 10n ** BigInt(to - from);
  const unit = 10n ** BigInt(from - to);
  const half = unscaled < 0n ? -unit / 2n : unit / 2n;
  return (unscaled + half) / unit;
}

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;

/** What a notation such as `12.5` or `1e-3` is at a scale, halves away from zero; undefined for anything else. */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = pattern.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  const digits = whole + fraction;
  if (match === null || digits === '') return undefined;
  const magnitude = BigInt(digits);
  // More places than any decimal has are nothing, or too many for every one.
  const places = fraction.length - Number(exponent);
  if (magnitude === 0n || places > digits.length + 40) return 0n;
  if (places < -40) return undefined;
  const value =
    places >= 0
      ? rescaledDecimal(magnitude, places, scale)
      : magnitude * 10n ** BigInt(scale - places);
  return sign === '-' ? -value : value;
}

/** Whether a decimal of so many digits holds it. */
export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  return (unscaled < 0n ? -unscaled : unscaled) < 10n ** BigInt(precision);
}
