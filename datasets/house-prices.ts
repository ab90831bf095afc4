/**
 * Sales of homes and their prices: a regression set with a heavy-tailed target (a few sales are ten times
 * the median, some by mistake of the register), places with an effect, and columns that fit one kind only.
 */
import { exp } from '../src/base/portable-math.ts';
import { Choice, RowDraws, square, worldNormal, worldUniform } from './draws.ts';
import type { DatasetGenerator, GeneratedColumns, GenerateOptions } from './generator.ts';

const kinds = { district: 301, street: 302 } as const;
const numDistricts = 200;
const homeKinds = ['flat', 'terraced', 'detached', 'farm'] as const;
const heatings = ['gas', 'district', 'heat pump', 'oil', 'wood'] as const;
const energyClasses = ['A', 'B', 'C', 'D', 'E', 'F', 'G'] as const;

/** Draw numbers within a row. */
const draws = {
  district: 0,
  kind: 1,
  area: 2,
  lot: 3,
  rooms: 4,
  year: 5,
  floor: 6,
  heating: 7,
  energy: 8,
  energyGap: 9,
  date: 10,
  renovated: 11,
  renovation: 12,
  noise: 13,
  isOdd: 14,
  odd: 15,
  x: 16,
  y: 17,
  lotGap: 18,
  balcony: 19,
} as const;

interface District {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly charm: number;
}

let madeDistricts: readonly District[] | undefined;

function districtTable(): readonly District[] {
  madeDistricts ??= Array.from({ length: numDistricts }, (_, i) => ({
    name: `district ${String(i + 1).padStart(3, '0')}`,
    x: 9 * worldNormal(kinds.district, i, 1),
    y: 7 * worldNormal(kinds.district, i, 2),
    charm: 0.22 * worldNormal(kinds.district, i, 3),
  }));
  return madeDistricts;
}

function generate({ numRows, seed, firstRow = 0 }: GenerateOptions): GeneratedColumns {
  const districts = districtTable();
  const choice = new Choice(districts.map((_, i) => 0.3 + worldUniform(kinds.district, i, 4)));
  const saleDate = new Int32Array(numRows);
  const district = new Int32Array(numRows);
  const x = new Float64Array(numRows);
  const y = new Float64Array(numRows);
  const kind = new Int32Array(numRows);
  const livingArea = new Float64Array(numRows);
  const lotArea = new Float64Array(numRows);
  const lotValid = new Uint8Array(numRows);
  const rooms = new Int32Array(numRows);
  const floor = new Int32Array(numRows);
  const floorValid = new Uint8Array(numRows);
  const yearBuilt = new Int32Array(numRows);
  const yearRenovated = new Int32Array(numRows);
  const renovatedValid = new Uint8Array(numRows);
  const heating = new Int32Array(numRows);
  const energyClass = new Int32Array(numRows);
  const hasBalcony = new Uint8Array(numRows);
  const price = new Float64Array(numRows);
  const row = new RowDraws(seed);
  for (let i = 0; i < numRows; i++) {
    row.at(firstRow + i);
    const place = choice.at(row.uniform(draws.district));
    const home = districts[place] as District;
    const east = Math.round(1000 * (home.x + 0.8 * row.normal(draws.x))) / 1000;
    const north = Math.round(1000 * (home.y + 0.8 * row.normal(draws.y))) / 1000;
    const fromCentre = Math.sqrt(east * east + north * north);
    const type = kindOf(row.uniform(draws.kind), fromCentre);
    const isFlat = type === 0;
    const baseArea = [68, 105, 145, 190][type] ?? 100;
    const area = Math.round(baseArea * row.logNormal(draws.area, 0.33));
    const lot = Math.round(area * (type === 3 ? 30 : 3.5) * row.logNormal(draws.lot, 0.6));
    const built = 2022 - Math.floor(110 * square(row.uniform(draws.year)));
    const isRenovated = built < 1995 && row.chance(draws.renovated, 0.4);
    const renovated =
      built + Math.floor((2022 - built) * (0.5 + 0.5 * row.uniform(draws.renovation)));
    const day = row.between(draws.date, 0, 3652);
    const storey = Math.floor(1.6 * row.exponential(draws.floor));
    const heat = heatingOf(row.uniform(draws.heating), built);
    const efficiency =
      3.2 + (2005 - (isRenovated ? renovated : built)) / 22 - (heat === 2 ? 1.4 : 0);
    const classIndex = Math.min(
      6,
      Math.max(0, Math.round(efficiency + 0.8 * row.normal(draws.energy))),
    );
    const balcony = isFlat && row.chance(draws.balcony, 0.55);

    saleDate[i] = 15706 + day;
    district[i] = place;
    x[i] = east;
    y[i] = north;
    kind[i] = type;
    livingArea[i] = area;
    lotArea[i] = lot;
    lotValid[i] = isFlat || row.chance(draws.lotGap, 0.06) ? 0 : 1;
    rooms[i] = Math.max(1, Math.round(area / 27 + 0.9 * row.normal(draws.rooms)));
    floor[i] = storey;
    floorValid[i] = isFlat ? 1 : 0;
    yearBuilt[i] = built;
    yearRenovated[i] = renovated;
    renovatedValid[i] = isRenovated ? 1 : 0;
    heating[i] = heat;
    energyClass[i] = row.chance(draws.energyGap, built < 1980 ? 0.45 : 0.2) ? -1 : classIndex;
    hasBalcony[i] = balcony ? 1 : 0;

    const age = 2022 - (isRenovated ? renovated : built);
    const boom = day < 1800 ? 0.00012 * day : 0.216 + 0.00028 * (day - 1800);
    const fallen = day > 3400 ? -0.0007 * (day - 3400) : 0;
    const comfort = age < 8 ? 0.18 : age > 45 && built > 1930 ? -0.22 : -0.004 * age;
    const oldTown = built < 1930 && fromCentre < 5 ? 0.25 : 0;
    const walkUp = isFlat && storey > 3 ? -0.05 * Math.min(storey - 3, 4) : 0;
    const location =
      0.75 / (1 + square(fromCentre / 6)) + home.charm + (east > 6 && north > 4 ? 0.3 : 0);
    const size = isFlat ? 1.02 : 0.85;
    const logPrice =
      9.05 +
      size * 4.2 * (1 - 60 / (60 + area)) +
      location * (isFlat ? 1.1 : 0.8) +
      (isFlat ? 0 : Math.min(0.5, lot / 9000)) +
      comfort +
      oldTown +
      walkUp +
      (balcony ? 0.05 : 0) -
      0.045 * (classIndex - 3) +
      boom +
      fallen;
    const noise = 0.14 * row.normal(draws.noise);
    // One sale in forty is a bargain among relatives, an estate of its own kind, or a slip of the register.
    const oddity = row.chance(draws.isOdd, 0.025) ? 0.9 * row.normal(draws.odd) : 0;
    price[i] = Math.round(exp(logPrice + noise + oddity) / 10) * 10;
  }
  return {
    saleDate: { type: 'date', values: saleDate },
    district: { type: 'string', codes: district, values: districts.map((one) => one.name) },
    x: { type: 'float64', values: x },
    y: { type: 'float64', values: y },
    kind: { type: 'string', codes: kind, values: homeKinds },
    livingArea: { type: 'float64', values: livingArea },
    lotArea: { type: 'float64', values: lotArea, valid: lotValid },
    rooms: { type: 'int32', values: rooms },
    floor: { type: 'int32', values: floor, valid: floorValid },
    yearBuilt: { type: 'int32', values: yearBuilt },
    yearRenovated: { type: 'int32', values: yearRenovated, valid: renovatedValid },
    heating: { type: 'string', codes: heating, values: heatings },
    energyClass: { type: 'string', codes: energyClass, values: energyClasses },
    hasBalcony: { type: 'bool', values: hasBalcony },
    price: { type: 'float64', values: price },
  };
}

function kindOf(uniform: number, fromCentre: number): number {
  const flats = fromCentre < 5 ? 0.8 : fromCentre < 12 ? 0.45 : 0.15;
  if (uniform < flats) return 0;
  const rest = (uniform - flats) / (1 - flats);
  if (rest < 0.5) return 1;
  return rest < 0.95 || fromCentre < 10 ? 2 : 3;
}

function heatingOf(uniform: number, built: number): number {
  if (built > 2010) return uniform < 0.6 ? 2 : uniform < 0.9 ? 1 : 0;
  return uniform < 0.55 ? 0 : uniform < 0.7 ? 1 : uniform < 0.76 ? 2 : uniform < 0.95 ? 3 : 4;
}

/** Sales of homes and their prices. */
export const housePrices: DatasetGenerator = {
  card: {
    name: 'house-prices',
    about: 'Sales of homes in and around one city over ten years.',
    tasks: ['regression'],
    labels: ['price'],
    trainRows: 60_000,
    testRows: 15_000,
    columns: [
      { name: 'saleDate', type: 'date', about: '2013 to 2022' },
      { name: 'district', type: 'string', about: '200 values' },
      { name: 'x', type: 'float64', about: 'kilometres east of the centre' },
      { name: 'y', type: 'float64', about: 'kilometres north of the centre' },
      { name: 'kind', type: 'string', about: 'flat, terraced, detached, farm' },
      { name: 'livingArea', type: 'float64', about: 'square metres' },
      {
        name: 'lotArea',
        type: 'float64',
        about: 'square metres, heavy-tailed; missing for flats and 6 % of the houses',
      },
      { name: 'rooms', type: 'int32', about: 'count' },
      { name: 'floor', type: 'int32', about: 'of a flat; missing for houses' },
      { name: 'yearBuilt', type: 'int32', about: '1913 to 2022' },
      { name: 'yearRenovated', type: 'int32', about: 'missing where it never was (80 %)' },
      { name: 'heating', type: 'string', about: '5 values' },
      {
        name: 'energyClass',
        type: 'string',
        about: 'A to G; missing for 29 %, more often in old homes',
      },
      { name: 'hasBalcony', type: 'bool', about: 'flats only' },
      { name: 'price', type: 'float64', about: 'the label; heavy-tailed' },
    ],
    planted: [
      'price is a product: size × place × state × year of sale, with normal noise of 14 %',
      'one sale in forty is odd by a factor of e^±0.9, which no column explains',
      'old homes are worth more in the centre and less elsewhere; a hill in the north-east is dear',
      'prices rise, faster from 2018 on, and fall in the last months',
      'floor counts for flats only, lotArea for houses only: each is missing for the other',
    ],
  },
  generate,
};
