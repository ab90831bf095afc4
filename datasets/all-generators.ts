/** Every generator of this folder, in the order of the README. */
import { creditRisk } from './credit-risk.ts';
import { flightDelays } from './flight-delays.ts';
import type { DatasetGenerator } from './generator.ts';
import { housePrices } from './house-prices.ts';
import { numeric28 } from './numeric-28.ts';

/** The generators by name. */
export const allGenerators: readonly DatasetGenerator[] = [
  flightDelays,
  creditRisk,
  housePrices,
  numeric28,
];
