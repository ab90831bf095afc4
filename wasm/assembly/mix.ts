// The 32-bit mixer of src/base/rng.ts, and the random splits of extra-trees.

export function mix32(value: u32): u32 {
  let x = value;
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  x ^= x >> 16;
  return x;
}

/** One of n, by 32 random bits. */
export function drawBelow(bits: u32, n: i32): i32 {
  return <i32>((<u64>bits * <u64>n) >> 32);
}

/** A cut between bins low and high that are both in the node: one of low … high − 1, all alike likely. */
export function randomCut(nodeKey: u32, featureIndex: u32, low: i32, high: i32): i32 {
  return low + drawBelow(mix32(mix32(nodeKey ^ 0x2c1b3c6d) ^ mix32(featureIndex + 1)), high - low);
}

/** Whether a category goes left in a random split. */
export function randomSide(nodeKey: u32, featureIndex: u32, bin: u32): u32 {
  const feature = mix32(mix32(nodeKey ^ 0x2c1b3c6d) ^ mix32(featureIndex + 1));
  return mix32(feature ^ mix32(bin + 0x68e31da4)) >> 31;
}
