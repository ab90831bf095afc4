/** Takes secrets out of text that people will read: tokens of connection strings and of headers. */

/** The text without what looks like a token, and without the given secrets. */
export function redact(text: string, secrets: readonly (string | null)[] = []): string {
  let clean = text
    .replace(/(token=)[^;\s"'&]*/gi, '$1…')
    .replace(/(bearer\s+)[A-Za-z0-9._~+/=-]+/gi, '$1…');
  for (const secret of secrets) {
    if (secret !== null && secret !== '') clean = clean.replaceAll(secret, '…');
  }
  return clean;
}
