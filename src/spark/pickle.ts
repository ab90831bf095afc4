/**
 * A Python function for Spark without Python: a UDF is a pickle of (function, return type), and a pickle may
 * name a function of a module. Ours names the shim's `run`, calls it with one text, and names Spark's parser
 * of types. Text from users stands only in BINUNICODE, whose length is counted, never among the opcodes.
 *
 *   (                                         mark of the outer tuple
 *   c coppice_shim \n run \n ( X <text> t R   run(text)
 *   c pyspark.sql.types \n _parse_datatype_json_string \n ( X <text> t R
 *   t .                                       the tuple, stop
 */

/** The pickle of `(coppice_shim.run(conf), <type>)`. */
export function pickleOfFunction(conf: string, typeJson: string): Uint8Array {
  return Buffer.concat([
    Buffer.from('('),
    call('coppice_shim', 'run', conf),
    call('pyspark.sql.types', '_parse_datatype_json_string', typeJson),
    Buffer.from('t.'),
  ]);
}

function call(module: string, name: string, argument: string): Uint8Array {
  return Buffer.concat([Buffer.from(`c${module}\n${name}\n(`), text(argument), Buffer.from('tR')]);
}

/** BINUNICODE: X, four bytes of length, UTF-8. */
function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  const head = Buffer.alloc(5);
  head[0] = 0x58;
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
