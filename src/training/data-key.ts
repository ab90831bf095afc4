/**
 * Are these the rows that a checkpoint was taken on? A hash of what training sees of every row (its key, bins,
 * label, weight, offsets, group), added up over all rows, so that neither their order nor the ranks that hold them
 * matter; beside it what the bins mean.
 */
import { mix32 } from '../base/rng.ts';
import type { IngestedRows } from './ingest/ingest.ts';
import type { RankRows } from './ingest/shard-rows.ts';
import type { RankEnvironment } from './rank-environment.ts';

/** The key, as hexadecimal digits; the same on every rank. */
export async function dataKey(environment: RankEnvironment, rows: IngestedRows): Promise<string> {
  const sums = new BigInt64Array(2);
  for (const [part, salt] of [
    [rows.train, 0x1b873593],
    [rows.validation, 0x2545f491],
  ] as const) {
    addRows(environment, { rows, part, salt }, sums);
  }
  await environment.wait(environment.collective.allreduce(sums, 'sum'));
  const [first, second] = [...sums].map((sum) => BigInt.asUintN(64, sum).toString(16));
  return `${first}-${second}-${meaningOf(rows).toString(16)}`;
}

function addRows(
  environment: RankEnvironment,
  { rows, part, salt }: { rows: IngestedRows; part: RankRows; salt: number },
  sums: BigInt64Array,
): void {
  const { layout } = rows;
  const { start, count } = part;
  const words = (address: number, each: number): Uint32Array =>
    environment.u32(address + 4 * each * start, each * count);
  const columns = [rows.labels, ...rows.otherLabels, rows.weights, rows.groups, ...rows.offsets]
    .filter((address) => address !== 0)
    .map((address) => words(address, 2));
  const keys = words(rows.keys, 1);
  const records = environment.u8(rows.records + layout.stride * start, layout.stride * count);
  let low = 0;
  let high = 0;
  for (let i = 0; i < count; i++) {
    let a = mix32((keys[i] as number) ^ salt);
    let b = mix32(a ^ 0x68e31da4);
    for (const column of columns) {
      a = mix32(a ^ (column[2 * i] as number));
      b = mix32(b ^ (column[2 * i + 1] as number));
    }
    const record = layout.stride * i;
    for (const { offset, width } of layout.places) {
      const bin =
        (records[record + offset] as number) +
        (width === 2 ? 256 * (records[record + offset + 1] as number) : 0);
      a = mix32(a ^ bin);
      b = Math.imul(b ^ a, 0x01000193);
    }
    low += a >>> 0;
    high += mix32(b) >>> 0;
    // a double holds 2^21 such sums exactly
    if ((i & 0xfffff) === 0xfffff || i === count - 1) {
      sums[0] = (sums[0] as bigint) + BigInt(low);
      sums[1] = (sums[1] as bigint) + BigInt(high);
      low = 0;
      high = 0;
    }
  }
}

/** A hash of edges, categories and classes. */
function meaningOf({ features, classes }: IngestedRows): number {
  let hash = 0;
  const take = (text: string): void => {
    for (let i = 0; i < text.length; i++) hash = mix32(hash ^ text.charCodeAt(i));
    hash = mix32(hash ^ 0x10ffff);
  };
  for (const { name, edges, categories } of features) {
    take(name);
    for (const word of new Uint32Array(edges.slice().buffer)) hash = mix32(hash ^ word);
    for (const value of categories) take(value);
  }
  take(JSON.stringify(classes));
  return hash >>> 0;
}
