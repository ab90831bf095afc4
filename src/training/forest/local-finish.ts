/**
 * Small nodes of a tree that ranks share are finished by one rank each: their rows weigh less than the histograms below them.
 *
 *   1 ranks grow the tree together and set small nodes aside, in the end all that are open: when they can be shared out evenly
 *   2 each gets an owner: the largest first, to whoever has the fewest rows
 *   3 scatter: each owner gets the rows of its nodes, grows all below them alone, and
 *   4 allgather: tells all ranks the subtrees
 *
 * Where not all rows fit at once (owned-rows.ts), steps 3 and 4 are repeated. What is small hangs on integers that all ranks
 * share, and on nothing that takes time.
 */
import { CoppiceError } from '../../base/errors.ts';
import { Heap } from '../../base/heap.ts';
import { ForestFindings, type ForestUnits } from '../../tree/backend/cpu/forest-findings.ts';
import { type ForestSetting, writeRecords } from '../../tree/backend/cpu/forest-plan.ts';
import { AloneSearch, type SearchCounters } from '../../tree/backend/cpu/forest-search.ts';
import { addSubtrees, packSubtrees } from '../../tree/backend/cpu/forest-subtrees.ts';
import { ForestTreeGrower, type SmallNodes } from '../../tree/grow-forest-tree.ts';
import type { GrowthLimits } from '../../tree/grow-tree.ts';
import { type OwnedNodes, OwnedRows, type OwnedRowsParts, refusalOf } from './owned-rows.ts';

/** A node is small when a rank would finish so many of its size. */
const nodesPerRank = 4;

/** All open nodes are finished when no rank gets so many times its share of their rows. */
const mostUneven = 1.125;

/** How many times the bytes of its rows the histograms below a small node must have. */
const leastGain = 4;

/** What it works with. */
export interface LocalFinishParts extends OwnedRowsParts {
  readonly setting: ForestSetting;
  readonly units: ForestUnits;
  readonly limits: GrowthLimits;
  /** Whether leaves are settled by their rows, so that these have to follow every split. */
  readonly needsLeafRows: boolean;
}

/** See the header. */
export class LocalFinish implements SmallNodes {
  readonly #p: LocalFinishParts;
  readonly #own: OwnedRows;
  readonly #findings: ForestFindings;
  readonly #search: AloneSearch;
  readonly #grower: ForestTreeGrower;
  #aside: number[] = [];

  constructor(parts: LocalFinishParts) {
    this.#p = parts;
    const { kernels, views, collective, layout, setting, units, limits, memory } = parts;
    const { best } = memory;
    const { plan, histogram } = memory.scratch;
    this.#own = new OwnedRows(parts);
    const { nodes, rows } = this.#own;
    const findings = new ForestFindings({ views, layout, setting, units, nodes });
    this.#findings = findings;
    const numDrawn = setting.numDrawn || layout.places.length;
    const found = { kernels, collective, nodes, rows, findings };
    this.#search = new AloneSearch({ ...found, plan, histogram, best, numDrawn });
    this.#grower = new ForestTreeGrower({
      ...{ nodes, rows, findings, limits, search: this.#search },
      needsLeafRows: false,
    });
  }

  get counters(): SearchCounters {
    return this.#search.counters;
  }

  setAside(open: readonly number[]): number[] {
    const { nodes, collective } = this.#p;
    const all = [...this.#aside, ...open];
    const fits = (node: number): boolean => 2 * (nodes.rows[node] as number) <= this.#own.mostRows;
    const isEnd = open.every(fits) && this.#isBalanced(all) && this.#pays(all, 1);
    const mostRows = (nodes.rows[0] as number) / (nodesPerRank * collective.size);
    const rest: number[] = [];
    for (const node of open) {
      const isSmall = (nodes.rows[node] as number) <= mostRows && fits(node);
      (isEnd || (isSmall && this.#pays([node], leastGain)) ? this.#aside : rest).push(node);
    }
    return rest;
  }

  async finish(addChildren: (node: number) => number): Promise<void> {
    const { kernels, memory, collective } = this.#p;
    const small = this.#aside;
    this.#aside = [];
    kernels.clearBytes(memory.scratch.histogram, memory.histogramBytes);
    for (const owned of this.#wavesOf(small, this.#own.mostRows)) {
      await this.#own.bring(owned);
      await this.#growOwn(owned[collective.rank] as readonly number[]);
      await this.#tell(owned, addChildren);
    }
  }

  /** Whether the rows of nodes weigh less than what ranks would send each other of the nodes below, so many times. */
  #pays(nodes: readonly number[], times: number): boolean {
    const { collective, memory } = this.#p;
    let bytes = 0;
    let spared = 0;
    for (const node of nodes) {
      bytes += this.#own.rowBytes * (this.#p.nodes.rows[node] as number);
      spared += collective.size * memory.histogramBytes * this.#searchedBelow(node);
    }
    return times * bytes <= spared;
  }

  /** Whether no rank would have many more rows than others. */
  #isBalanced(small: readonly number[]): boolean {
    const { nodes, collective } = this.#p;
    const rowsOf = (list: readonly number[]): number =>
      list.reduce((sum, node) => sum + (nodes.rows[node] as number), 0);
    const [owned = []] = this.#wavesOf(small, Number.POSITIVE_INFINITY);
    const most = owned.reduce((rows, list) => Math.max(rows, rowsOf(list)), 0);
    return most * collective.size <= mostUneven * rowsOf(small);
  }

  /** About how many nodes below one are looked at. */
  #searchedBelow(node: number): number {
    const { nodes, limits, setting } = this.#p;
    const levels = Math.min(30, limits.maxDepth - 1 - (nodes.depth[node] as number));
    const byRows = (nodes.rows[node] as number) / (2 * Math.max(2, setting.minInstancesPerNode));
    return Math.min(2 ** (levels + 1) - 2, byRows);
  }

  /** Each rank's nodes, as many of them at a time as there is room for. */
  #wavesOf(small: readonly number[], mostRows: number): OwnedNodes[] {
    const { nodes, collective } = this.#p;
    const rowsOf = (node: number): number => nodes.rows[node] as number;
    const waves: number[][][] = [];
    let owned: number[][] = [];
    let loads = new Heap<{ rank: number; rows: number }>(() => false);
    for (const node of [...small].sort((a, b) => rowsOf(b) - rowsOf(a) || a - b)) {
      let next = loads.size > 0 ? loads.pop() : null;
      if (next === null || next.rows + rowsOf(node) > mostRows) {
        owned = Array.from({ length: collective.size }, () => []);
        waves.push(owned);
        loads = new Heap((a, b) => a.rows < b.rows || (a.rows === b.rows && a.rank < b.rank));
        for (let rank = 0; rank < collective.size; rank++) loads.push({ rank, rows: 0 });
        next = loads.pop();
      }
      (owned[next.rank] as number[]).push(node);
      loads.push({ rank: next.rank, rows: next.rows + rowsOf(node) });
    }
    return waves;
  }

  /** Grows all below this rank's nodes. */
  async #growOwn(list: readonly number[]): Promise<void> {
    const { nodes, memory, kernels, moved, records, views } = this.#p;
    const { plan } = memory.scratch;
    const { nodes: own, rows } = this.#own;
    list.forEach((node, root) => {
      const count = own.count[root] as number;
      kernels.nodeTotals(plan, rows.address(own, root), count, memory.best);
      this.#findings.takeTotals(root, memory.best);
      this.#checkSums(node, root);
      if (nodes.bounds !== null) own.bounds?.copy(nodes.bounds, node, root);
      own.place[root] = nodes.place[node] as number;
      own.cut[root] = nodes.cut[node] as number;
      own.flags[root] = nodes.flags[node] as number;
      const bins = nodes.leftBins.get(node);
      if (bins !== undefined) own.leftBins.set(root, bins);
    });
    const { isWhole } = moved.moved;
    if (!isWhole) writeRecords(views.buffer, plan, this.#own.records);
    await this.#grower.growBelow(list.map((_, root) => root));
    if (!isWhole) writeRecords(views.buffer, plan, records);
  }

  /** The rows that came are those that the split above told of. */
  #checkSums(node: number, root: number): void {
    const { nodes } = this.#p;
    const own = this.#own.nodes;
    const [rows, cover] = [own.rows[root] as number, own.cover[root] as number];
    if (rows === nodes.rows[node] && cover === nodes.cover[node]) return;
    throw new CoppiceError(
      'PROTOCOL',
      `the rows of a node that is finished by rank ${this.#p.collective.rank} must be ${nodes.rows[node]} and weigh ${nodes.cover[node]}; got ${rows} and ${cover} of all processes; the memory of one or a connection is at fault`,
    );
  }

  /** All ranks add all subtrees, in the order of their owners. */
  async #tell(owned: OwnedNodes, addChildren: (node: number) => number): Promise<void> {
    const { collective, nodes, layout, needsLeafRows, moved } = this.#p;
    const telling = { layout, tellsValues: !needsLeafRows };
    const roots = (owned[collective.rank] as readonly number[]).map((_, root) => root);
    const all = await collective.allgather(packSubtrees(this.#own.nodes, roots, telling));
    const onSplit = (node: number): void => {
      if (needsLeafRows) moved.split(nodes, node);
    };
    all.forEach((bytes, rank) => {
      const known = owned[rank] as readonly number[];
      if (addSubtrees(bytes, known, telling, { nodes, addChildren, onSplit })) return;
      const process = collective.firstRanks.findLastIndex((first) => first <= rank);
      const what = `be the subtrees of ${known.length} nodes`;
      throw refusalOf(collective, process, what, bytes.length);
    });
  }
}
