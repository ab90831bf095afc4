/** Values as text of a JavaScript module. */

/** Numbers as text: the type of the narrowest array, and its bytes. */
export function packed(values: ArrayLike<number>, isFloat = false): readonly [string, string] {
  if (isFloat) return ['f64', base64(Float64Array.from(values))];
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i] as number);
  if (most < 1 << 8) return ['u8', base64(Uint8Array.from(values))];
  return most < 1 << 16
    ? ['u16', base64(Uint16Array.from(values))]
    : ['u32', base64(Uint32Array.from(values))];
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
}

/** JSON that is the same in JavaScript of any age and inside a script element; numbers that JSON has not as expressions. */
export function literal(value: unknown): string {
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN';
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, part]) => part !== undefined);
    return `{${entries.map(([name, part]) => `${quoted(name)}:${literal(part)}`).join(',')}}`;
  }
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escaped);
}
