/** The value that a text holds as JSON, or the text itself, which the parameter then refuses by its rule. */
export function jsonFromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
