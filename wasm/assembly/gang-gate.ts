// Where ranks that share a memory wait for each other while they grow a tree. The gate is two words on a line of the cache
// of their own, and one on another:
//
//   0 generation   moves on when all have come
//   4 sleepers     how many sleep at it, in JavaScript (src/cluster/threads): waking them costs a system call
//  64 arrived      how many have come
//
// A kernel only looks for a while. What lasts longer is slept through in JavaScript, where the end of a gang is seen.

import { atGate, atGeneration, atMeetings, atNumRanks } from './grow-plan';

/** Looks at the gate before a rank goes to sleep: some tens of microseconds, less than falling asleep and waking. */
const looks: i32 = 20000;

/** Says that this rank has come; the last one lets all go on. */
export function comeToGate(plan: usize): void {
  const numRanks = load<i32>(plan, atNumRanks);
  if (numRanks == 1) return;
  store<i32>(plan, load<i32>(plan, atMeetings) + 1, atMeetings);
  const gate = <usize>load<u32>(plan, atGate);
  store<i32>(plan, atomic.load<i32>(gate), atGeneration);
  if (atomic.add<i32>(gate, 1, 64) != numRanks - 1) return;
  atomic.store<i32>(gate, 0, 64);
  atomic.add<i32>(gate, 1);
  // a thread that counts itself only now will see the new generation and not sleep
  if (atomic.load<i32>(gate, 4) > 0) atomic.notify(gate, -1);
}

/** Have all come? Looks for a while. */
export function isGateOpen(plan: usize): bool {
  if (load<i32>(plan, atNumRanks) == 1) return true;
  const gate = <usize>load<u32>(plan, atGate);
  const generation = load<i32>(plan, atGeneration);
  for (let i: i32 = 0; i < looks; i++) {
    if (atomic.load<i32>(gate) != generation) return true;
  }
  return false;
}
