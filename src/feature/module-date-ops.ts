/** What a step of DatePartExtractor does in a JavaScript module: the arithmetic of base/civil-date.ts. */
import { moduleCode, moduleOp } from '../pipeline/module/module-code.ts';

const calendarCode = moduleCode(`
// years begin in March, eras of 400 years have 146097 days
const civilDate = (day) => {
  const shifted = day + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36524) + Math.floor(dayOfEra / 146096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const dayOfMonth = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth };
};

const firstDayOf = (year) => {
  const before = year - 1;
  return 365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719162;
};

const remainderOf = (value, by) => ((value % by) + by) % by;

const dateParts = {
  year: (day, time, { year }) => year,
  quarter: (day, time, { month }) => Math.floor((month + 2) / 3),
  month: (day, time, { month }) => month,
  weekOfYear: (day) => {
    // that of the week's Thursday, in the Thursday's year
    const thursday = day - remainderOf(day + 3, 7) + 3;
    return Math.floor((thursday - firstDayOf(civilDate(thursday).year)) / 7) + 1;
  },
  dayOfYear: (day, time, { year }) => day - firstDayOf(year) + 1,
  dayOfMonth: (day, time, { dayOfMonth }) => dayOfMonth,
  dayOfWeek: (day) => remainderOf(day + 4, 7) + 1,
  hour: (day, time) => Math.floor(time / 3600),
  minute: (day, time) => Math.floor(time / 60) % 60,
  second: (day, time) => time % 60,
  epochDay: (day) => day,
};
`);

/** Parts of an instant, from whole seconds since 1970. */
export const datePartsOp = moduleOp(
  'dateParts',
  `
({ from, to, parts, offsetSeconds }) => (slots) => {
  const second = slots[from] + offsetSeconds;
  const day = Math.floor(second / 86400);
  const time = second - day * 86400;
  const date = civilDate(day);
  // columns of parts have 32 bits
  parts.forEach((part, i) => (slots[to[i]] = second !== second ? NaN : dateParts[part](day, time, date) | 0));
};
`,
  [calendarCode],
);
