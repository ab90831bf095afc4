/**
 * Which features does a node of a forest look at? The twin of wasm/assembly/forest-features.ts: those whose
 * hashes are lowest, in the order of the hashes; a next attempt has the next ones.
 */
import { mix32 } from '../../base/rng.ts';
import { type Plan, readPlan } from './forest-plan.ts';
import type { Views } from './views.ts';

/** Writes the chosen features and returns how many; 0 when none are left. */
export function drawFeatures(m: Views, at: number, key: number, attempt: number): number {
  const plan = readPlan(m, at);
  const { numPlaces, numDrawn } = plan;
  const all = Array.from({ length: numPlaces }, (_, place) => place);
  if (numDrawn === 0) {
    if (attempt > 0) return 0;
    writeChosen(m, plan, all);
    return numPlaces;
  }
  if (attempt * numDrawn >= numPlaces) return 0;
  const nodeKey = mix32(key ^ plan.drawKey);
  const hashes = all.map((place) => {
    const index = m.u32(plan.features + place * 32 + 28);
    return mix32(nodeKey ^ mix32(index + 1));
  });
  all.sort((a, b) => (hashes[a] as number) - (hashes[b] as number) || a - b);
  const drawn = all.slice(attempt * numDrawn, (attempt + 1) * numDrawn);
  writeChosen(m, plan, drawn);
  return drawn.length;
}

function writeChosen(m: Views, plan: Plan, places: readonly number[]): void {
  let entry = 0;
  places.forEach((place, order) => {
    const feature = plan.features + place * 32;
    const chosen = plan.chosen + order * 32;
    const missingAt = m.u32(feature + 12);
    m.setU32(chosen, place);
    m.setU32(chosen + 4, m.u32(feature + 20));
    m.setU32(chosen + 8, m.u32(feature + 24));
    m.setU32(chosen + 12, entry);
    m.setU32(chosen + 16, m.u32(feature + 8));
    m.setU32(chosen + 20, missingAt);
    m.setU32(chosen + 24, m.u32(feature + 16));
    m.setU32(chosen + 28, m.u32(feature + 28));
    // an even number of entries keeps slices on multiples of 16 bytes
    entry += missingAt + 2 - (missingAt % 2);
  });
}
