/** The other ways to search: the same on any topology, and after save and load; the first ones are in search.test.ts. */
import { describeSearches } from './search-cases.ts';

describeSearches(['stratified', 'by group', 'by time', 'halving rows', 'halving rounds']);
