/**
 * Flights of a made-up country and whether they left late: the set of the first guide. Numeric columns,
 * string columns with hundreds and thousands of values, and values that are missing for a reason.
 * The world (320 airports, 18 carriers, 3,200 aircraft) is fixed; the seed draws the flights.
 */
import { logistic } from '../src/base/portable-math.ts';
import { Choice, RowDraws, square, worldNormal, worldUniform } from './draws.ts';
import type { DatasetGenerator, GeneratedColumns, GenerateOptions } from './generator.ts';

const numAirports = 320;
const numCarriers = 18;
const numAircraft = 3200;
const kinds = { airport: 101, carrier: 102, aircraft: 103, route: 104 } as const;

/** Draw numbers within a row. */
const draws = {
  month: 0,
  dayOfWeek: 1,
  departure: 2,
  carrier: 3,
  origin: 4,
  atHub: 5,
  destination: 6,
  aircraft: 7,
  wind: 8,
  rain: 9,
  rainAmount: 10,
  temperature: 11,
  visibility: 12,
  stationDown: 13,
  registryGap: 14,
  delayed: 15,
  departureSpread: 16,
} as const;

const monthlyTemperature = [-3, -1, 4, 9, 15, 20, 24, 23, 18, 11, 5, -1] as const;
const monthlyTraffic = [0.9, 0.86, 1, 1, 1.02, 1.1, 1.16, 1.16, 1, 1, 0.96, 1.02] as const;
const weekdayTraffic = [1, 0.97, 0.98, 1.03, 1.06, 0.82, 0.96] as const;

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

interface Airport {
  readonly code: string;
  readonly x: number;
  readonly y: number;
  readonly traffic: number;
  readonly congestion: number;
  readonly stationFailure: number;
}

interface World {
  readonly airports: readonly Airport[];
  readonly carriers: readonly { code: string; weight: number; habit: number; hub: number }[];
  readonly aircraft: readonly { tail: string; builtYearsAgo: number; quirk: number }[];
  readonly airportChoice: Choice;
  readonly carrierChoice: Choice;
  readonly monthChoice: Choice;
  readonly dayChoice: Choice;
}

let madeWorld: World | undefined;

function world(): World {
  madeWorld ??= makeWorld();
  return madeWorld;
}

function makeWorld(): World {
  const airports: Airport[] = [];
  const used = new Set<string>();
  for (let i = 0; i < numAirports; i++) {
    airports.push({
      code: airportCode(i, used),
      x: 4400 * worldUniform(kinds.airport, i, 1),
      y: 2300 * worldUniform(kinds.airport, i, 2),
      traffic: 1 / (i + 6),
      congestion: 0.45 * worldNormal(kinds.airport, i, 3) + (i < 25 ? 0.35 : 0),
      stationFailure: 0.02 + 0.12 * square(worldUniform(kinds.airport, i, 4)),
    });
  }
  const carriers = Array.from({ length: numCarriers }, (_, i) => ({
    code: `${letters[i]}${letters[(i * 7 + 3) % 26]}`,
    weight: 1 / (i + 2),
    habit: 0.4 * worldNormal(kinds.carrier, i, 1),
    hub: Math.floor(40 * worldUniform(kinds.carrier, i, 2)),
  }));
  const aircraft = Array.from({ length: numAircraft }, (_, i) => ({
    tail: `N${String(100 + i)}${letters[(i * 11) % 26]}${letters[(i * 5 + 2) % 26]}`,
    builtYearsAgo: 28 * square(worldUniform(kinds.aircraft, i, 1)),
    quirk: 0.3 * worldNormal(kinds.aircraft, i, 2),
  }));
  return {
    airports,
    carriers,
    aircraft,
    airportChoice: new Choice(airports.map((airport) => airport.traffic)),
    carrierChoice: new Choice(carriers.map((carrier) => carrier.weight)),
    monthChoice: new Choice(monthlyTraffic),
    dayChoice: new Choice(weekdayTraffic),
  };
}

function airportCode(index: number, used: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const at = (place: number): string =>
      letters[Math.floor(26 * worldUniform(kinds.airport, index, 10 + 3 * attempt + place))] ?? 'A';
    const code = at(0) + at(1) + at(2);
    if (!used.has(code)) {
      used.add(code);
      return code;
    }
  }
}

function generate({ numRows, seed, firstRow = 0 }: GenerateOptions): GeneratedColumns {
  const { airports, carriers, aircraft, ...choices } = world();
  const month = new Int32Array(numRows);
  const dayOfWeek = new Int32Array(numRows);
  const departureMinute = new Int32Array(numRows);
  const carrier = new Int32Array(numRows);
  const origin = new Int32Array(numRows);
  const destination = new Int32Array(numRows);
  const tail = new Int32Array(numRows);
  const distance = new Float64Array(numRows);
  const aircraftAge = new Float64Array(numRows);
  const aircraftAgeValid = new Uint8Array(numRows);
  const wind = new Float64Array(numRows);
  const precipitation = new Float64Array(numRows);
  const visibility = new Float64Array(numRows);
  const stationValid = new Uint8Array(numRows);
  const temperature = new Float64Array(numRows);
  const temperatureValid = new Uint8Array(numRows);
  const delayed = new Uint8Array(numRows);
  const row = new RowDraws(seed);
  for (let i = 0; i < numRows; i++) {
    row.at(firstRow + i);
    const monthIndex = choices.monthChoice.at(row.uniform(draws.month));
    const dayIndex = choices.dayChoice.at(row.uniform(draws.dayOfWeek));
    const carrierIndex = choices.carrierChoice.at(row.uniform(draws.carrier));
    const line = carriers[carrierIndex] as World['carriers'][number];
    const originIndex = row.chance(draws.atHub, 0.3)
      ? line.hub
      : choices.airportChoice.at(row.uniform(draws.origin));
    let destinationIndex = choices.airportChoice.at(row.uniform(draws.destination));
    if (destinationIndex === originIndex) destinationIndex = (destinationIndex + 1) % numAirports;
    const from = airports[originIndex] as Airport;
    const to = airports[destinationIndex] as Airport;
    // A carrier flies its own aircraft: every eighteenth of the fleet.
    const tailIndex =
      carrierIndex +
      numCarriers * Math.floor((numAircraft / numCarriers - 1) * row.uniform(draws.aircraft));
    const plane = aircraft[tailIndex] as World['aircraft'][number];
    const minute = departureOf(row);
    const dx = from.x - to.x;
    const dy = from.y - to.y;
    const kilometres = Math.round(Math.sqrt(dx * dx + dy * dy)) + 80;
    const rains = row.chance(draws.rain, 0.17);
    const millimetres = rains ? Math.round(row.exponential(draws.rainAmount) * 24) / 10 : 0;
    const knots = Math.round(6 * row.logNormal(draws.wind, 0.6));
    const degrees =
      Math.round(
        10 *
          ((monthlyTemperature[monthIndex] ?? 0) +
            (1150 - from.y) / 130 +
            4.5 * row.normal(draws.temperature)),
      ) / 10;
    const kilometresSeen =
      Math.round(160 / (1 + 0.6 * millimetres + 0.5 * square(row.exponential(draws.visibility)))) /
      10;

    month[i] = monthIndex + 1;
    dayOfWeek[i] = dayIndex + 1;
    departureMinute[i] = minute;
    carrier[i] = carrierIndex;
    origin[i] = originIndex;
    destination[i] = destinationIndex;
    tail[i] = tailIndex;
    distance[i] = kilometres;
    // Old aircraft are more often absent from the registry; stations fail in bad weather.
    const gap = 0.04 + 0.006 * plane.builtYearsAgo;
    aircraftAgeValid[i] = row.chance(draws.registryGap, gap) ? 0 : 1;
    aircraftAge[i] = Math.round(10 * plane.builtYearsAgo) / 10;
    const failure = from.stationFailure + (millimetres > 2 ? 0.12 : 0) + (knots > 20 ? 0.1 : 0);
    const stationWorks = !row.chance(draws.stationDown, failure);
    stationValid[i] = stationWorks ? 1 : 0;
    wind[i] = knots;
    precipitation[i] = millimetres;
    visibility[i] = kilometresSeen;
    temperatureValid[i] = stationWorks || row.uniform(draws.stationDown) < failure / 2 ? 1 : 0;
    temperature[i] = degrees;

    const hour = minute / 60;
    const buildUp = hour < 5 ? 0 : (hour - 5) / 17;
    const freezing = degrees < 1 && millimetres > 0;
    const snow = freezing ? 1.1 + 0.25 * Math.min(millimetres, 4) : 0;
    const fog = kilometresSeen < 4 ? 0.7 : 0;
    const storm = knots > 18 ? 0.05 * (knots - 18) : 0;
    const rush = (dayIndex === 4 || dayIndex === 3) && hour > 15 ? 0.35 : 0;
    const holidays = monthIndex === 11 || monthIndex === 6 ? 0.25 : 0;
    const routeQuirk = 0.25 * worldNormal(kinds.route, originIndex * 512 + destinationIndex, 1);
    const score =
      -2.45 +
      1.75 * buildUp * buildUp +
      from.congestion * (0.6 + 0.9 * buildUp) +
      0.4 * to.congestion +
      line.habit * (originIndex === line.hub ? -0.6 : 1) +
      plane.quirk +
      0.02 * Math.max(0, plane.builtYearsAgo - 12) +
      snow * (from.y > 1400 ? 0.45 : 1.15) +
      0.09 * Math.min(millimetres, 8) +
      fog +
      Math.min(storm, 1.2) +
      rush +
      holidays +
      (kilometres > 2500 ? -0.2 : 0) +
      routeQuirk +
      (stationWorks ? 0 : 0.3);
    delayed[i] = row.chance(draws.delayed, logistic(score)) ? 1 : 0;
  }
  const airportCodes = airports.map((airport) => airport.code);
  return {
    month: { type: 'int32', values: month },
    dayOfWeek: { type: 'int32', values: dayOfWeek },
    departureMinute: { type: 'int32', values: departureMinute },
    carrier: { type: 'string', codes: carrier, values: carriers.map((one) => one.code) },
    origin: { type: 'string', codes: origin, values: airportCodes },
    destination: { type: 'string', codes: destination, values: airportCodes },
    tail: { type: 'string', codes: tail, values: aircraft.map((one) => one.tail) },
    distance: { type: 'float64', values: distance },
    aircraftAge: { type: 'float64', values: aircraftAge, valid: aircraftAgeValid },
    temperature: { type: 'float64', values: temperature, valid: temperatureValid },
    windSpeed: { type: 'float64', values: wind, valid: stationValid },
    precipitation: { type: 'float64', values: precipitation, valid: stationValid },
    visibility: { type: 'float64', values: visibility, valid: stationValid },
    delayed: { type: 'bool', values: delayed },
  };
}

/** Two waves a day, morning and late afternoon; five-minute slots from 5:00 to 23:55. */
function departureOf(row: RowDraws): number {
  const centre = row.chance(draws.departure, 0.48) ? 8.2 : 16.8;
  const hour = centre + 2.9 * row.normal(draws.departureSpread);
  const clamped = Math.min(Math.max(hour, 5), 23.9);
  return Math.floor(clamped * 12) * 5;
}

/** Flights and whether they left late. */
export const flightDelays: DatasetGenerator = {
  card: {
    name: 'flight-delays',
    about:
      'Flights of a made-up country: schedule, aircraft, weather at departure, and whether they left late.',
    tasks: ['binary classification'],
    labels: ['delayed'],
    trainRows: 200_000,
    testRows: 50_000,
    columns: [
      { name: 'month', type: 'int32', about: '1 to 12' },
      { name: 'dayOfWeek', type: 'int32', about: '1 (Monday) to 7' },
      { name: 'departureMinute', type: 'int32', about: 'scheduled, minutes after midnight' },
      { name: 'carrier', type: 'string', about: '18 values' },
      {
        name: 'origin',
        type: 'string',
        about: '320 values, a few of them with most of the traffic',
      },
      { name: 'destination', type: 'string', about: '320 values' },
      { name: 'tail', type: 'string', about: 'the aircraft, about 3,200 values' },
      { name: 'distance', type: 'float64', about: 'kilometres' },
      {
        name: 'aircraftAge',
        type: 'float64',
        about: 'years; missing where the registry has a gap (9 %)',
      },
      {
        name: 'temperature',
        type: 'float64',
        about: '°C; missing for 3 %, in half of the station failures',
      },
      { name: 'windSpeed', type: 'float64', about: 'knots; missing when the station fails (6 %)' },
      {
        name: 'precipitation',
        type: 'float64',
        about: 'millimetres an hour; missing when the station fails',
      },
      { name: 'visibility', type: 'float64', about: 'kilometres; missing when the station fails' },
      { name: 'delayed', type: 'bool', about: 'the label, true for about 23 %' },
    ],
    planted: [
      'delays build up over the day, faster at congested airports',
      'every airport, carrier, aircraft and route has an effect of its own; a carrier is better at its hub',
      'snow (rain below 1 °C) matters more in the south; fog, storm, the Thursday and Friday rush, July and December',
      'weather stations fail in bad weather, so that a missing value says something',
      'the rest is chance: no model reaches an AUC above about 0.77',
    ],
  },
  generate,
};
