/** A file as the messages that upload it to Spark: whole where it is small, else in pieces that Spark can check. */
import { crc32 } from 'node:zlib';

const chunkBytes = 32 * 1024;

/** See the header. @param name `pyfiles/…`, `files/…` */
export function* chunksOf(name: string, bytes: Uint8Array): Generator<object> {
  const numChunks = Math.max(1, Math.ceil(bytes.length / chunkBytes));
  const chunk = (index: number): object => {
    const data = bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    return { data, crc: crc32(data) };
  };
  if (numChunks === 1) {
    yield { batch: { artifacts: [{ name, data: chunk(0) }] } };
    return;
  }
  yield {
    begin_chunk: {
      name,
      total_bytes: bytes.length,
      num_chunks: numChunks,
      initial_chunk: chunk(0),
    },
  };
  for (let index = 1; index < numChunks; index++) yield { chunk: chunk(index) };
}
