/**
 * Puts encoded partitions end to end as one Arrow IPC file or stream: the schema and the dictionaries of
 * the first part, then the batches of every part as they are. A file ends with a footer that names where
 * each message came to lie; the schema stands at the head too, so that a file can be read as a stream.
 */
import { MetadataVersion, RecordBatchReader, type Schema } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import type { FileSink } from '../files/file-sink.ts';
import type { FileFormat, PartWriter } from '../files/write-parts.ts';
import { FlatTable } from './flatbuffer.ts';
import { endOfStream } from './ipc-messages.ts';

const magic = Buffer.from('ARROW1');

/** Arrow IPC as a file format of writeParts. */
export function arrowFormat(kind: 'file' | 'stream'): FileFormat<Uint8Array> {
  return {
    extensions: kind === 'file' ? ['.arrow', '.feather', '.ipc'] : ['.arrows'],
    begin: async (sink) => {
      if (kind === 'file') await sink.write(Buffer.concat([magic, Buffer.alloc(2)]));
      return new ArrowFileWriter(sink, kind);
    },
  };
}

class ArrowFileWriter implements PartWriter<Uint8Array> {
  readonly #sink: FileSink;
  readonly #kind: 'file' | 'stream';
  readonly #batches: FileBlock[] = [];
  readonly #dictionaries: FileBlock[] = [];
  #schema: Schema | undefined;

  constructor(sink: FileSink, kind: 'file' | 'stream') {
    this.#sink = sink;
    this.#kind = kind;
  }

  async part(stream: Uint8Array): Promise<void> {
    const isFirst = this.#schema === undefined;
    for (const message of messagesOf(stream)) {
      const { type, metadataBytes, bodyBytes } = message;
      if (type !== 'batch' && !isFirst) continue;
      if (type === 'schema') {
        const head = stream.slice(0, metadataBytes);
        // a Table would join columns of one name, and an empty one reads like "null" there
        this.#schema = RecordBatchReader.from(Buffer.concat([head, endOfStream])).open().schema;
      } else {
        const block = new FileBlock(metadataBytes, bodyBytes, this.#sink.position);
        (type === 'batch' ? this.#batches : this.#dictionaries).push(block);
      }
      await this.#sink.write(
        stream.subarray(message.start, message.start + metadataBytes + bodyBytes),
      );
    }
  }

  async end(): Promise<void> {
    await this.#sink.write(endOfStream);
    if (this.#kind === 'stream' || this.#schema === undefined) return;
    const footer = Footer.encode(
      new Footer(this.#schema, MetadataVersion.V5, this.#batches, this.#dictionaries),
    );
    const length = new Uint8Array(Int32Array.of(footer.length).buffer);
    await this.#sink.write(Buffer.concat([footer, length, magic]));
  }
}

interface Message {
  readonly type: 'schema' | 'dictionary' | 'batch';
  readonly start: number;
  /** With the 8 bytes before them. */
  readonly metadataBytes: number;
  readonly bodyBytes: number;
}

/** The messages of a stream that this library made. */
function* messagesOf(stream: Uint8Array): Generator<Message> {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let start = 0; start < stream.length; ) {
    const length = view.getInt32(start + 4, true);
    if (length === 0) return;
    const metadata = FlatTable.root(stream.subarray(start + 8, start + 8 + length));
    const type = (['schema', 'dictionary', 'batch'] as const)[metadata.byte(1) - 1] ?? 'schema';
    const message = { type, start, metadataBytes: length + 8, bodyBytes: metadata.count(3) };
    yield message;
    start += message.metadataBytes + message.bodyBytes;
  }
}
