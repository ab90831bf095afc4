/**
 * Finds the splits of a forest's nodes. Two ways, one result: a rank that has all rows of a tree searches node
 * after node by itself (`AloneSearch`); ranks that have a part of the rows each add up their histograms for
 * many nodes at once (`forest-meeting.ts`).
 */
import type { Awaitable } from '../../../base/awaitable.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import type { ForestFindings } from './forest-findings.ts';
import type { ForestNodes } from './forest-nodes.ts';
import type { ForestRows } from './forest-rows.ts';

/** What both ways work with. */
export interface SearchParts {
  readonly kernels: Kernels;
  readonly collective: Collective;
  readonly nodes: ForestNodes;
  readonly rows: ForestRows;
  readonly findings: ForestFindings;
  /** Address of the plan, and of what is found of a node. */
  readonly plan: number;
  readonly histogram: number;
  readonly best: number;
  readonly numDrawn: number;
}

/** What a search did, for tests. */
export interface SearchCounters {
  histogramRows: number;
  featuresDecided: number;
}

/** Searches nodes whose rows lie ready. */
export interface ForestSearch {
  /** How many open nodes are to be searched in one go: as many as there are, or one after another. */
  readonly isTogether: boolean;
  readonly counters: SearchCounters;
  /** Sums the nodes and, where wanted, finds their splits. @param onSplit called while the findings are at hand */
  search(
    nodes: readonly number[],
    wantsSplits: boolean,
    onSplit: (node: number, best: number) => void,
  ): Awaitable<void>;
}

/** From so many rows on a node is added up in slices, between which an abort is noticed. */
const sliceRows = 1 << 19;
/** Rows after which small nodes look for an abort. */
const rowsBetweenChecks = 1 << 18;

/** One rank with all rows. */
export class AloneSearch implements ForestSearch {
  readonly isTogether = false;
  readonly counters: SearchCounters = { histogramRows: 0, featuresDecided: 0 };
  readonly #p: SearchParts;
  #sinceCheck = 0;

  constructor(parts: SearchParts) {
    this.#p = parts;
  }

  search(
    found: readonly number[],
    wantsSplits: boolean,
    onSplit: (node: number, best: number) => void,
  ): void {
    for (const node of found) this.#searchOne(node, wantsSplits, onSplit);
  }

  #searchOne(
    node: number,
    wantsSplit: boolean,
    onSplit: (node: number, best: number) => void,
  ): void {
    const { kernels, collective, nodes, rows, findings, plan, best, numDrawn } = this.#p;
    const count = nodes.count[node] as number;
    this.#sinceCheck += count + 64;
    if (this.#sinceCheck > rowsBetweenChecks) {
      collective.checkAborted();
      this.#sinceCheck = 0;
    }
    const address = rows.address(nodes, node);
    if (!wantsSplit) {
      kernels.nodeTotals(plan, address, count, best);
      findings.takeTotals(node, best);
      return;
    }
    this.counters.histogramRows += count;
    this.counters.featuresDecided += numDrawn;
    nodes.bounds?.place(node);
    const key = nodes.key[node] as number;
    const isSplit =
      count > sliceRows
        ? this.#searchSlices(address, count, key)
        : kernels.searchNode(plan, address, count, key, best) === 1;
    findings.takeTotals(node, best);
    if (!isSplit) return;
    findings.takeSplit(node, best);
    onSplit(node, best);
  }

  /** The kernel's steps one by one, with looks at the abort word between them. */
  #searchSlices(address: number, count: number, key: number): boolean {
    const { kernels, collective, rows, plan, best, histogram } = this.#p;
    kernels.nodeTotals(plan, address, count, best);
    if (kernels.maySplit(plan, best) === 0) return false;
    for (let attempt = 0; ; attempt++) {
      const numChosen = kernels.drawFeatures(plan, key, attempt);
      if (numChosen === 0) return false;
      for (let from = 0; from < count; from += sliceRows) {
        collective.checkAborted();
        const size = Math.min(sliceRows, count - from);
        kernels.addForestRows(
          plan,
          address + from * rows.moved.stride,
          size,
          numChosen,
          histogram,
          0,
        );
      }
      if (kernels.scanNode(plan, key, 0, numChosen, histogram, 0, best) === 1) return true;
    }
  }
}
