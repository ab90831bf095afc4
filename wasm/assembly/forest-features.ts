// The features a node of a forest looks at: those whose hashes are lowest, in the order of the hashes; where
// they bring no split, the next attempt has the next ones. See forest-plan.ts for the layouts.
import { mix32 } from './mix';

/** Writes the chosen features and returns how many; 0 when none are left. */
export function drawFeatures(plan: usize, key: u32, attempt: i32): i32 {
  const numPlaces = load<i32>(plan, 36);
  const wanted = load<i32>(plan, 40);
  if (wanted == 0) {
    if (attempt > 0) return 0;
    let entry: u32 = 0;
    for (let place: i32 = 0; place < numPlaces; place++) entry = choose(plan, place, place, entry);
    return numPlaces;
  }
  if (attempt * wanted >= numPlaces) return 0;
  let from: i32 = 0;
  let last: u64 = 0;
  if (attempt > 0 && load<u32>(plan, 104) == key && load<i32>(plan, 108) == attempt - 1) {
    from = attempt;
    last = load<u64>(plan, 112);
  }
  const list = <usize>load<u32>(plan, 60);
  let size: i32 = 0;
  for (; from <= attempt; from++) {
    size = lowest(plan, key, from > 0, last, wanted, list);
    last = load<u64>(list + (<usize>(size - 1) << 3));
  }
  store<u32>(plan, key, 104);
  store<i32>(plan, attempt, 108);
  store<u64>(plan, last, 112);
  let entry: u32 = 0;
  for (let i: i32 = 0; i < size; i++) {
    entry = choose(plan, i, load<i32>(list + (<usize>i << 3)), entry);
  }
  return size;
}

// hash << 32 | place of the `wanted` lowest above `last`, ascending: a heap of the lowest so far, then sorted
function lowest(plan: usize, key: u32, hasLast: bool, last: u64, wanted: i32, list: usize): i32 {
  const numPlaces = load<i32>(plan, 36);
  const features = <usize>load<u32>(plan, 32);
  const nodeKey = mix32(key ^ load<u32>(plan, 44));
  let size: i32 = 0;
  for (let place: i32 = 0; place < numPlaces; place++) {
    const index = load<u32>(features + (<usize>place << 5), 28);
    const value = (<u64>mix32(nodeKey ^ mix32(index + 1)) << 32) | <u64>place;
    if (hasLast && value <= last) continue;
    if (size < wanted) {
      let at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        const above = load<u64>(list + (<usize>parent << 3));
        if (above >= value) break;
        store<u64>(list + (<usize>at << 3), above);
        at = parent;
      }
      store<u64>(list + (<usize>at << 3), value);
    } else if (value < load<u64>(list)) {
      sink(list, size, value);
    }
  }
  for (let end = size - 1; end > 0; end--) {
    const value = load<u64>(list + (<usize>end << 3));
    store<u64>(list + (<usize>end << 3), load<u64>(list));
    sink(list, end, value);
  }
  return size;
}

// puts a value in the place of the heap's top
function sink(list: usize, size: i32, value: u64): void {
  let at: i32 = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    let below = load<u64>(list + (<usize>child << 3));
    if (child + 1 < size) {
      const other = load<u64>(list + (<usize>(child + 1) << 3));
      if (other > below) {
        below = other;
        child++;
      }
    }
    if (below <= value) break;
    store<u64>(list + (<usize>at << 3), below);
    at = child;
  }
  store<u64>(list + (<usize>at << 3), value);
}

function choose(plan: usize, order: i32, place: i32, entry: u32): u32 {
  const feature = <usize>load<u32>(plan, 32) + (<usize>place << 5);
  const chosen = <usize>load<u32>(plan, 52) + (<usize>order << 5);
  const missingAt = load<u32>(feature, 12);
  store<i32>(chosen, place);
  store<u32>(chosen, load<u32>(feature, 20), 4);
  store<u32>(chosen, load<u32>(feature, 24), 8);
  store<u32>(chosen, entry, 12);
  store<u32>(chosen, load<u32>(feature, 8), 16);
  store<u32>(chosen, missingAt, 20);
  store<u32>(chosen, load<u32>(feature, 16), 24);
  store<u32>(chosen, load<u32>(feature, 28), 28);
  // an even number of entries keeps slices on multiples of 16 bytes
  return entry + ((missingAt + 2) & ~1);
}
