/**
 * Which types a table's columns have. Arrow has several layouts for one meaning (string, large string,
 * string view; dictionary indices of eight widths); inside a table each meaning has one layout, so that
 * every loop over columns needs to know only that one.
 *
 *   large string, string view → string      large binary, binary view → binary      large list → list
 *   dictionary of any index width → dictionary with int32 indices
 */
import {
  Binary,
  DataType,
  Dictionary,
  type Field,
  FixedSizeList,
  Int32,
  List,
  Map_,
  Struct,
  Utf8,
} from 'apache-arrow';

/** The type that a column of the given type has inside a table; the same object where nothing changes. */
export function normalType(type: DataType): DataType {
  if (DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) return new Utf8();
  if (DataType.isLargeBinary(type) || DataType.isBinaryView(type)) return new Binary();
  if (DataType.isDictionary(type)) {
    const values = normalType(type.dictionary as DataType);
    const indices = type.indices as DataType;
    const narrow = DataType.isInt(indices) && indices.bitWidth === 32 && indices.isSigned;
    if (narrow && values === type.dictionary) return type;
    return new Dictionary(values, new Int32(), null, type.isOrdered);
  }
  const children = (type.children ?? []) as Field[];
  if (children.length === 0) return type;
  const fields = children.map(normalField);
  const same = fields.every((field, index) => field === children[index]);
  if (DataType.isLargeList(type)) return new List(fields[0] as Field);
  if (same) return type;
  if (DataType.isList(type)) return new List(fields[0] as Field);
  if (DataType.isFixedSizeList(type)) return new FixedSizeList(type.listSize, fields[0] as Field);
  if (DataType.isStruct(type)) return new Struct(fields);
  if (DataType.isMap(type)) return new Map_(fields[0] as never, type.keysSorted);
  return type;
}

/** The field with its normal type; the same object where nothing changes. */
export function normalField(field: Field): Field {
  const type = normalType(field.type);
  return type === field.type ? field : field.clone({ type });
}

/** True for a dictionary, and for a type that has one at any depth. */
export function hasDictionary(type: DataType): boolean {
  if ((type as { dictionary?: unknown }).dictionary !== undefined) return true;
  const children = (type.children ?? []) as readonly { readonly type: DataType }[];
  return children.some((child) => hasDictionary(child.type));
}
