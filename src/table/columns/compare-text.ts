/** The order of text: by its UTF-8 bytes, which is that of its code points, in every place and locale. */

/** Negative when `a` comes first, positive when `b` does, 0 when they are equal. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates (of code points from 2^16 up) come after every other unit.
    const leftIsHigh = left >= 0xd800 && left < 0xe000;
    const rightIsHigh = right >= 0xd800 && right < 0xe000;
    return leftIsHigh === rightIsHigh ? left - right : leftIsHigh ? 1 : -1;
  }
  return a.length - b.length;
}
