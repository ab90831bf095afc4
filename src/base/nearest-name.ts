/**
 * Which known name did the user mean? Case is ignored, then the fewest insertions, deletions, changes and
 * swaps of neighbours count; a name too far away is not offered.
 */

/** The known name nearest to the given one, or undefined when none is near. Ties go to the earlier name. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const wanted = given.slice(0, 200).toLowerCase();
  let best: string | undefined;
  // of a single letter nothing would be left
  const most = Math.min(Math.max(1, Math.floor(wanted.length / 3)), wanted.length - 1);
  let bestDistance = most + 1;
  for (const name of known) {
    const candidate = name.toLowerCase();
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** The tail of an error's sentence: `; did you mean x?`, or a list of what there is. */
export function nameSuggestion(given: string, known: readonly string[]): string {
  const near = nearestName(given, known);
  if (near !== undefined) return `did you mean ${near}?`;
  if (known.length === 0) return 'there are none';
  const shown = known.slice(0, 12).join(', ');
  return `there are: ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ''}`;
}

/** Damerau–Levenshtein distance in its restricted form (no substring is edited twice). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
