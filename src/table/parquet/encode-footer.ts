/**
 * Writes a footer that is like another one, with other row groups and perhaps fewer columns: for cutting
 * a piece out of a file (slice-file.ts) and for putting files end to end.
 */
import {
  arrowSchemaKey,
  elementFields,
  fileFields,
  listField,
  magic,
  type ParquetFooter,
  tailBytes,
  textOf,
} from './footer.ts';
import {
  type EncodedField,
  type ThriftField,
  type ThriftStruct,
  ThriftWriter,
  thriftTypes,
} from './thrift.ts';

/** What a new footer has instead of the old one's. */
export interface FooterChange {
  /** Encoded row groups. */
  readonly rowGroups: readonly Uint8Array[];
  readonly numRows: number;
  /** The columns to keep, all by default. */
  readonly columns?: ReadonlySet<string>;
  /** With `columns`: the stored Arrow schema of these, the only key and value that is kept. */
  readonly arrowSchema?: Uint8Array | undefined;
}

/** A footer like the given one with other row groups and, if asked, fewer columns. */
export function encodeFooter(footer: ParquetFooter, change: FooterChange): Uint8Array {
  const fields = new Map<number, EncodedField | ThriftField>();
  for (const [id, { type, start, end }] of footer.fields) {
    fields.set(id, { type, encoded: footer.bytes.subarray(start, end) });
  }
  const list = new ThriftWriter();
  list.listHead(thriftTypes.struct, change.rowGroups.length);
  for (const group of change.rowGroups) list.raw(group);
  fields.set(fileFields.rowGroups, { type: thriftTypes.list, encoded: list.finish() });
  fields.set(fileFields.numRows, { type: thriftTypes.i64, value: change.numRows });
  if (change.columns !== undefined) {
    fields.set(fileFields.schema, pruneSchema(footer, change.columns));
    fields.delete(fileFields.columnOrders);
    fields.delete(fileFields.keyValues);
    if (change.arrowSchema !== undefined) {
      fields.set(fileFields.keyValues, keyValueField(arrowSchemaKey, change.arrowSchema));
    }
  }
  const writer = new ThriftWriter();
  writer.struct(fields);
  return writer.finish();
}

function keyValueField(key: string, value: Uint8Array): ThriftField {
  const { binary, list, struct } = thriftTypes;
  const pair: ThriftStruct = new Map([
    [1, { type: binary, value: Uint8Array.from(Buffer.from(key)) }],
    [2, { type: binary, value }],
  ]);
  return { type: list, value: { elementType: struct, items: [pair] } };
}

/** The schema is a list of elements, depth first: the root, then each column with what is inside it. */
function pruneSchema(footer: ParquetFooter, columns: ReadonlySet<string>): ThriftField {
  const elements = listField(footer, fileFields.schema) as ThriftStruct[];
  const kept: ThriftStruct[] = [];
  let numColumns = 0;
  for (let i = 1; i < elements.length; ) {
    const end = subtreeEnd(elements, i);
    if (columns.has(textOf(elements[i]?.get(elementFields.name)?.value))) {
      kept.push(...elements.slice(i, end));
      numColumns++;
    }
    i = end;
  }
  const root: ThriftStruct = new Map(elements[0]);
  root.set(elementFields.numChildren, { type: thriftTypes.i32, value: numColumns });
  const { list, struct } = thriftTypes;
  return { type: list, value: { elementType: struct, items: [root, ...kept] } };
}

function subtreeEnd(elements: readonly ThriftStruct[], start: number): number {
  let open = 1;
  let i = start;
  for (; i < elements.length && open > 0; i++) {
    const children = elements[i]?.get(elementFields.numChildren)?.value;
    open += (typeof children === 'number' ? children : 0) - 1;
  }
  return i;
}

/** The footer with its length and the closing mark, as it ends a file. */
export function footerTail(footer: Uint8Array): Uint8Array {
  const tail = new Uint8Array(footer.length + tailBytes);
  tail.set(footer);
  new DataView(tail.buffer).setUint32(footer.length, footer.length, true);
  tail.set(Buffer.from(magic, 'latin1'), footer.length + 4);
  return tail;
}
