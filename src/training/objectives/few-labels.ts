/** Labels of which there are few: classes, counts, flags. What is done for each of them need not be done for each row. */

/** Of so many labels one row each is looked at. */
const most = 1024;

/** Each label by the first row that has it, in their order, and how many rows do. */
export interface FewLabels {
  readonly rows: readonly number[];
  readonly counts: readonly number[];
}

/** The labels of some rows; null where they are too many. */
export function fewLabels(labels: Float64Array): FewLabels | null {
  const rows: number[] = [];
  const counts: number[] = [];
  const places = new Map<number, number>();
  // of small whole numbers, as classes are, the place + 1: to look it up takes a nanosecond
  const small = new Int32Array(most);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const whole = label | 0;
    const isSmall = whole === label && whole >= 0 && whole < most;
    let place = isSmall ? (small[whole] as number) - 1 : (places.get(label) ?? -1);
    if (place < 0) {
      if (rows.length === most) return null;
      place = rows.length;
      if (isSmall) small[whole] = place + 1;
      else places.set(label, place);
      rows.push(row);
      counts.push(0);
    }
    counts[place] = (counts[place] as number) + 1;
  }
  return { rows, counts };
}
