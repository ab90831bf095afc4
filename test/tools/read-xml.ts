/** A strict reader of XML as far as models use it: one root, closed tags, quoted attributes, five entities and numbers. */

/** An element. */
export interface XmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** What stands in it, without its children. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** The root of a document. @throws Error for one that is not well-formed */
export function readXml(document: string): XmlElement {
  const head = /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/.exec(document);
  if (head === null) throw new Error('the document has no declaration');
  // every token begins where the last one ended
  const token = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|[^<]+/gy;
  token.lastIndex = head[0].length;
  const open: {
    tag: string;
    attributes: Record<string, string>;
    children: XmlElement[];
    text: string;
  }[] = [];
  let root: XmlElement | null = null;
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const found = token.exec(document);
    if (found === null) throw new Error(`no token at ${at}: ${document.slice(at, at + 60)}`);
    const [all, isEnd, tag, attributes = '', isEmpty] = found;
    const parent = open.at(-1);
    if (tag === undefined) {
      if (parent !== undefined) parent.text += decoded(all);
      else if (all.trim() !== '') throw new Error(`text outside of the root: ${all}`);
      continue;
    }
    if (isEnd === '/') {
      if (parent?.tag !== tag) throw new Error(`</${tag}> closes ${parent?.tag}`);
      open.pop();
      continue;
    }
    const element = { tag, attributes: attributesOf(attributes), children: [], text: '' };
    if (parent !== undefined) parent.children.push(element);
    else if (root === null) root = element;
    else throw new Error(`a second root: ${tag}`);
    if (isEmpty !== '/') open.push(element);
  }
  if (open.length > 0 || root === null) throw new Error(`left open: ${open.at(-1)?.tag}`);
  return root;
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (Object.hasOwn(found, name)) throw new Error(`the attribute ${name} twice`);
    // a reader makes spaces of what is not escaped
    found[name] = decoded(value.replace(/[\t\n\r]/g, ' '));
  }
  return found;
}

function decoded(text: string): string {
  return text.replace(/&([^;]*);?/g, (all, name: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1];
    const character = code === undefined ? entities[name] : String.fromCodePoint(Number(code));
    if (character === undefined || !all.endsWith(';')) throw new Error(`no entity: ${all}`);
    return character;
  });
}
