/** Takes secrets out of text that people will read: tokens of connection strings and of headers. */

/** The text without what looks like a token or a header, and without the given secrets. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret === '') continue;
    clean = clean.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…');
  }
  return clean
    .replace(/(token=|;x-[^=;\s]*=)[^;\s"'&]*/gi, '$1…')
    .replace(/(bearer\s+)[A-Za-z0-9._~+/=-]+/gi, '$1…');
}
