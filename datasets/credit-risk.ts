/**
 * Loans and how they went: a binary label (`defaulted`) and a multiclass one (`grade`, five unequal
 * classes). Incomes are heavy-tailed, counts are mostly zero, and a missing value often means "never".
 */
import { exp, logistic } from '../src/base/portable-math.ts';
import { Choice, RowDraws, worldNormal, worldUniform } from './draws.ts';
import type { DatasetGenerator, GeneratedColumns, GenerateOptions } from './generator.ts';

const kinds = { occupation: 201, region: 202, purpose: 203 } as const;
const numOccupations = 150;
const numRegions = 50;

const purposes = [
  'debt consolidation',
  'credit card',
  'home improvement',
  'car',
  'medical',
  'business',
  'moving',
  'holiday',
  'education',
  'wedding',
  'other',
] as const;
const housings = ['rent', 'mortgage', 'own', 'family'] as const;
const grades = ['A', 'B', 'C', 'D', 'E'] as const;

/** Draw numbers within a row. */
const draws = {
  age: 0,
  occupation: 1,
  region: 2,
  purpose: 3,
  housing: 4,
  income: 5,
  employment: 6,
  employmentGap: 7,
  amount: 8,
  term: 9,
  debt: 10,
  accounts: 11,
  hasHistory: 12,
  sinceDelinquency: 13,
  cards: 14,
  utilisation: 15,
  inquiries: 16,
  date: 17,
  hidden: 18,
  grade: 19,
  defaulted: 20,
  ageSkew: 21,
} as const;

interface World {
  readonly occupationNames: readonly string[];
  readonly occupationIncome: Float64Array;
  readonly occupationRisk: Float64Array;
  readonly regionNames: readonly string[];
  readonly regionRisk: Float64Array;
  readonly purposeRisk: Float64Array;
  readonly occupation: Choice;
  readonly region: Choice;
  readonly purpose: Choice;
}

let madeWorld: World | undefined;

function world(): World {
  madeWorld ??= {
    occupationNames: numbered('occupation', numOccupations),
    occupationIncome: normals(kinds.occupation, numOccupations, 1, 0.3).map(exp),
    occupationRisk: normals(kinds.occupation, numOccupations, 2, 0.35),
    regionNames: numbered('region', numRegions),
    regionRisk: normals(kinds.region, numRegions, 1, 0.25),
    purposeRisk: normals(kinds.purpose, purposes.length, 1, 0.3),
    occupation: new Choice(
      Array.from({ length: numOccupations }, (_, i) => 0.2 + worldUniform(kinds.occupation, i, 3)),
    ),
    region: new Choice(Array.from({ length: numRegions }, (_, i) => 1 / (i + 4))),
    purpose: new Choice(purposes.map((_, i) => 1 / (i + 1))),
  };
  return madeWorld;
}

function numbered(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${what} ${String(i + 1).padStart(3, '0')}`);
}

function normals(kind: number, count: number, property: number, spread: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => spread * worldNormal(kind, i, property));
}

function generate({ numRows, seed, firstRow = 0 }: GenerateOptions): GeneratedColumns {
  const w = world();
  const date = new Int32Array(numRows);
  const age = new Int32Array(numRows);
  const occupation = new Int32Array(numRows);
  const region = new Int32Array(numRows);
  const purpose = new Int32Array(numRows);
  const housing = new Int32Array(numRows);
  const income = new Float64Array(numRows);
  const employmentYears = new Float64Array(numRows);
  const employmentValid = new Uint8Array(numRows);
  const amount = new Float64Array(numRows);
  const termMonths = new Int32Array(numRows);
  const debtToIncome = new Float64Array(numRows);
  const openAccounts = new Int32Array(numRows);
  const monthsSinceDelinquency = new Float64Array(numRows);
  const delinquencyValid = new Uint8Array(numRows);
  const cardUtilisation = new Float64Array(numRows);
  const cardValid = new Uint8Array(numRows);
  const inquiries = new Int32Array(numRows);
  const hasGuarantor = new Uint8Array(numRows);
  const grade = new Int32Array(numRows);
  const defaulted = new Uint8Array(numRows);
  const row = new RowDraws(seed);
  for (let i = 0; i < numRows; i++) {
    row.at(firstRow + i);
    const job = w.occupation.at(row.uniform(draws.occupation));
    const place = w.region.at(row.uniform(draws.region));
    const why = w.purpose.at(row.uniform(draws.purpose));
    const years = Math.floor(
      19 + 50 * row.uniform(draws.age) * (0.45 + 0.55 * row.uniform(draws.ageSkew)),
    );
    const home = housingOf(row.uniform(draws.housing), years);
    const yearly =
      Math.round(
        290 *
          row.logNormal(draws.income, 0.55) *
          (w.occupationIncome[job] ?? 1) *
          (years < 26 ? 0.7 : 1.1),
      ) * 100;
    const worked = Math.floor((years - 18) * row.uniform(draws.employment));
    const loan = Math.max(10, Math.round(70 * row.logNormal(draws.amount, 0.8))) * 100;
    const isLong = row.chance(draws.term, loan > 9000 ? 0.6 : 0.2);
    const burden = Math.round(1000 * Math.min(0.95, 0.16 * row.logNormal(draws.debt, 0.7))) / 1000;
    const accounts = Math.floor(3 + 3.5 * row.exponential(draws.accounts) + 0.08 * (years - 18));
    const wasLate = row.chance(draws.hasHistory, 0.28);
    const monthsAgo = Math.floor(1 + 95 * row.uniform(draws.sinceDelinquency));
    const hasCard = row.chance(draws.cards, 0.87);
    const used = Math.round(1000 * row.uniform(draws.utilisation)) / 1000;
    const day = 17532 + row.between(draws.date, 0, 1825);
    const asked = Math.floor(0.9 * row.exponential(draws.inquiries));

    date[i] = day;
    age[i] = years;
    occupation[i] = job;
    region[i] = place;
    purpose[i] = why;
    housing[i] = home;
    income[i] = yearly;
    employmentYears[i] = worked;
    employmentValid[i] = row.chance(draws.employmentGap, worked === 0 ? 0.5 : 0.05) ? 0 : 1;
    amount[i] = loan;
    termMonths[i] = isLong ? 60 : 36;
    debtToIncome[i] = burden;
    openAccounts[i] = accounts;
    monthsSinceDelinquency[i] = monthsAgo;
    delinquencyValid[i] = wasLate ? 1 : 0;
    cardUtilisation[i] = used;
    cardValid[i] = hasCard ? 1 : 0;
    inquiries[i] = asked;
    hasGuarantor[i] = years < 30 && home === 3 ? 1 : 0;

    const load = (loan / (isLong ? 5 : 3) + burden * yearly) / Math.max(yearly, 4000);
    const downturn = day >= 18340 && day < 18700 ? 0.45 : 0;
    const risk =
      -0.15 +
      2.4 * Math.min(load, 1.2) +
      (wasLate ? 0.9 / (1 + monthsAgo / 18) + 0.15 : 0) +
      (hasCard ? (used > 0.8 ? 0.8 : 0.5 * used) : 0.35) +
      0.16 * Math.min(asked, 6) +
      (worked < 2 ? 0.35 : 0) +
      (isLong ? 0.3 : 0) +
      (home === 0 ? 0.2 : home === 1 ? -0.15 : 0) +
      (hasGuarantor[i] === 1 ? -0.5 : 0) +
      (years < 25 && loan > 9000 ? 0.6 : 0) +
      (w.occupationRisk[job] ?? 0) +
      (w.regionRisk[place] ?? 0) +
      (w.purposeRisk[why] ?? 0) +
      downturn +
      0.35 * row.normal(draws.hidden);
    grade[i] = gradeOf(risk + 0.3 * row.normal(draws.grade));
    defaulted[i] = row.chance(draws.defaulted, logistic(1.25 * risk - 4.1)) ? 1 : 0;
  }
  return {
    applicationDate: { type: 'date', values: date },
    age: { type: 'int32', values: age },
    occupation: { type: 'string', codes: occupation, values: w.occupationNames },
    region: { type: 'string', codes: region, values: w.regionNames },
    purpose: { type: 'string', codes: purpose, values: purposes },
    housing: { type: 'string', codes: housing, values: housings },
    income: { type: 'float64', values: income },
    employmentYears: { type: 'float64', values: employmentYears, valid: employmentValid },
    amount: { type: 'float64', values: amount },
    termMonths: { type: 'int32', values: termMonths },
    debtToIncome: { type: 'float64', values: debtToIncome },
    openAccounts: { type: 'int32', values: openAccounts },
    monthsSinceDelinquency: {
      type: 'float64',
      values: monthsSinceDelinquency,
      valid: delinquencyValid,
    },
    cardUtilisation: { type: 'float64', values: cardUtilisation, valid: cardValid },
    inquiries: { type: 'int32', values: inquiries },
    hasGuarantor: { type: 'bool', values: hasGuarantor },
    grade: { type: 'string', codes: grade, values: grades },
    defaulted: { type: 'bool', values: defaulted },
  };
}

function housingOf(uniform: number, years: number): number {
  if (years < 28) return uniform < 0.6 ? 0 : uniform < 0.7 ? 1 : uniform < 0.73 ? 2 : 3;
  return uniform < 0.3 ? 0 : uniform < 0.75 ? 1 : uniform < 0.95 ? 2 : 3;
}

/** About A 24 %, B 23 %, C 26 %, D 20 %, E 7 %. */
function gradeOf(risk: number): number {
  return risk < 0.9 ? 0 : risk < 1.5 ? 1 : risk < 2.2 ? 2 : risk < 3.2 ? 3 : 4;
}

/** Loans, their grades and whether they defaulted. */
export const creditRisk: DatasetGenerator = {
  card: {
    name: 'credit-risk',
    about:
      'Loan applications of five years, the grade an analyst gave, and whether the loan defaulted.',
    tasks: ['binary classification', 'multiclass classification'],
    labels: ['defaulted', 'grade'],
    trainRows: 100_000,
    testRows: 25_000,
    columns: [
      { name: 'applicationDate', type: 'date', about: '2018 to 2022' },
      { name: 'age', type: 'int32', about: 'years' },
      { name: 'occupation', type: 'string', about: '150 values' },
      { name: 'region', type: 'string', about: '50 values' },
      { name: 'purpose', type: 'string', about: '11 values' },
      { name: 'housing', type: 'string', about: '4 values' },
      { name: 'income', type: 'float64', about: 'a year; heavy-tailed' },
      { name: 'employmentYears', type: 'float64', about: 'in the present job; missing for 10 %' },
      { name: 'amount', type: 'float64', about: 'of the loan; heavy-tailed' },
      { name: 'termMonths', type: 'int32', about: '36 or 60' },
      { name: 'debtToIncome', type: 'float64', about: 'other debts, 0 to 0.95' },
      { name: 'openAccounts', type: 'int32', about: 'count; says nothing' },
      {
        name: 'monthsSinceDelinquency',
        type: 'float64',
        about: 'missing where there never was one (72 %)',
      },
      { name: 'cardUtilisation', type: 'float64', about: '0 to 1; missing without a card (13 %)' },
      { name: 'inquiries', type: 'int32', about: 'of the last six months, mostly 0' },
      { name: 'hasGuarantor', type: 'bool', about: 'young people who live with their family' },
      { name: 'grade', type: 'string', about: 'a label: A to E; E is the rarest (7 %)' },
      { name: 'defaulted', type: 'bool', about: 'a label, true for about 16 %' },
    ],
    planted: [
      'the load of instalments and debts on the income, which is no column',
      'a delinquency fades over the months; never (missing) is better than long ago',
      'no card at all is worse than a card in moderate use, a card above 80 % is worse still',
      'young people with large loans; a downturn of one year; effects of occupation, region and purpose',
      'both labels come from one hidden risk: predict one and leave the other out of the features',
    ],
  },
  generate,
};
