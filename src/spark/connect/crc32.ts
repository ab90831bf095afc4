/** The checksum that Spark asks of uploaded artifacts: CRC-32 as in zlib. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let word = byte;
  for (let bit = 0; bit < 8; bit++)
    word = (word & 1) === 1 ? 0xedb88320 ^ (word >>> 1) : word >>> 1;
  return word;
});

/** The CRC-32 of bytes. */
export function crc32(bytes: Uint8Array): number {
  let word = 0xffffffff;
  for (const byte of bytes) word = (table[(word ^ byte) & 255] as number) ^ (word >>> 8);
  return (word ^ 0xffffffff) >>> 0;
}
