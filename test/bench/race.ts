/**
 * Races the contestants of one row. First each one's variants run once with a tenth of the rounds (small fits
 * twice with all of them), and the fastest represents it; then all run in turn, three times, so that a disturbance meets everybody. A peer
 * that took more than twice the fastest peer's time in the first round is not run again, and neither is
 * one that is compared by the tree.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { benchHome } from './bench-home.ts';
import { machineText, revisionText } from './machine.ts';
import { waitForQuiet } from './process-watch.ts';
import { readLabels } from './read-labels.ts';
import type { RowResult } from './results-file.ts';
import { writeResult } from './results-file.ts';
import { type BenchRow, type Contestant, needsModel, type RunRecord, type Variant } from './row.ts';
import { type RunRequest, runContestant } from './run-contestant.ts';

/** A trial that takes less says little of the whole. */
const briefSeconds = 0.5;

/** How to race. */
export interface RaceOptions {
  readonly threads: number;
  readonly rounds: number;
  /** How long to wait for a quiet machine before a run. */
  readonly patienceSeconds: number;
  /** Names of contestants that take part; all when absent. */
  readonly only?: readonly string[] | undefined;
}

/** Races a row and keeps what is measured after every run. */
export async function raceRow(row: BenchRow, options: RaceOptions): Promise<RowResult> {
  const labels = await readLabels(row);
  const result: RowResult = {
    machine: machineText(),
    node: process.version,
    threads: options.threads,
    revision: revisionText(),
    date: new Date().toISOString().slice(0, 10),
    picks: {},
    runs: [],
    failures: {},
    isComplete: false,
  };
  const race = new Race(row, options, labels, result);
  await race.run();
  result.isComplete = options.only === undefined;
  writeResult(row.name, result);
  return result;
}

class Race {
  readonly #row: BenchRow;
  readonly #options: RaceOptions;
  readonly #labels: Float64Array;
  readonly #result: RowResult;

  constructor(row: BenchRow, options: RaceOptions, labels: Float64Array, result: RowResult) {
    this.#row = row;
    this.#options = options;
    this.#labels = labels;
    this.#result = result;
  }

  async run(): Promise<void> {
    const { only, rounds } = this.#options;
    const all = this.#row.contestants.filter(
      ({ name }) => only === undefined || only.includes(name),
    );
    const picked = new Map<Contestant, Variant>();
    for (const contestant of all) {
      const variant = await this.#pick(contestant);
      if (variant === null) continue;
      picked.set(contestant, variant);
      this.#result.picks[contestant.name] = variant.name;
    }
    for (let round = 0; round < rounds; round++) {
      for (const [contestant, variant] of picked) {
        if (round > 0 && this.#isOut(contestant)) continue;
        await this.#runOnce(contestant, variant, round);
      }
    }
  }

  /** The variant that is fastest in a short run; null when none runs. */
  async #pick(contestant: Contestant): Promise<Variant | null> {
    if (needsModel(this.#row.task().work)) await this.#trainModel(contestant);
    const [first] = contestant.variants;
    if (contestant.variants.length === 1) return first as Variant;
    const { settings, work } = this.#row.task();
    const tried = await this.#tryVariants(contestant, contestant.variants, this.#shortRounds());
    const [best] = tried;
    if (best === undefined || needsModel(work) || best.seconds > briefSeconds)
      return best?.variant ?? null;
    // of a fit that is over so soon, a tenth is mostly reading: a second look at all rounds, twice each
    const near = tried.filter(({ seconds }) => seconds < 4 * best.seconds);
    if (near.length === 1) return best.variant;
    const twice = [...near, ...near].map(({ variant }) => variant);
    const [fastest] = await this.#tryVariants(contestant, twice, settings.rounds);
    return (fastest ?? best).variant;
  }

  /** The fastest first. */
  async #tryVariants(
    contestant: Contestant,
    variants: readonly Variant[],
    rounds: number,
  ): Promise<{ variant: Variant; seconds: number }[]> {
    const tried: { variant: Variant; seconds: number }[] = [];
    let least = Number.POSITIVE_INFINITY;
    for (const variant of variants) {
      // a variant far behind, spinning threads say, is not waited for
      const limitSeconds = Number.isFinite(least) ? 10 + 2 * least : undefined;
      const run = await this.#tryRun(contestant, variant, { round: -1, rounds, limitSeconds });
      if (run === null) continue;
      this.#say(run, 'trial');
      tried.push({ variant, seconds: run.seconds });
      least = Math.min(least, run.processSeconds);
    }
    return tried.sort((a, b) => a.seconds - b.seconds);
  }

  #shortRounds(): number {
    const { settings, work } = this.#row.task();
    return needsModel(work) ? settings.rounds : Math.max(1, Math.round(settings.rounds / 10));
  }

  async #trainModel(contestant: Contestant): Promise<void> {
    const folder = modelFolder(this.#row, contestant);
    const isOurs = contestant.program.endsWith('.mjs');
    if (!isOurs && existsSync(join(folder, 'trained'))) return;
    mkdirSync(folder, { recursive: true });
    const row = {
      ...this.#row,
      task: () => ({ ...this.#row.task(), work: 'gbt', from: 'file', model: folder }) as const,
    };
    const [variant] = contestant.variants;
    await runContestant({
      row,
      contestant: { ...contestant, program: contestant.trainer ?? contestant.program },
      variant: { name: 'training', environment: variant?.environment ?? {} },
      round: -1,
      threads: this.#options.threads,
      labels: this.#labels,
    });
    mkdirSync(join(folder, 'trained'), { recursive: true });
  }

  async #runOnce(contestant: Contestant, variant: Variant, round: number): Promise<void> {
    await waitForQuiet(this.#options.patienceSeconds);
    const run = await this.#tryRun(contestant, variant, { round });
    if (run === null) return;
    this.#result.runs.push(run);
    writeResult(this.#row.name, this.#result);
    this.#say(run, `round ${round + 1}`);
  }

  async #tryRun(
    contestant: Contestant,
    variant: Variant,
    how: Pick<RunRequest, 'round' | 'rounds' | 'limitSeconds'>,
  ): Promise<RunRecord | null> {
    const base = this.#row.task();
    const row = needsModel(base.work)
      ? { ...this.#row, task: () => ({ ...base, model: modelFolder(this.#row, contestant) }) }
      : this.#row;
    try {
      return await runContestant({
        row,
        contestant,
        variant,
        ...how,
        threads: this.#options.threads,
        labels: this.#labels,
      });
    } catch (error) {
      const message = (error as Error).message;
      this.#result.failures[`${contestant.name}, ${variant.name}`] = message.slice(-600);
      console.error(`${this.#row.name}: ${contestant.name} (${variant.name}) failed\n${message}`);
      return null;
    }
  }

  /** Whether a peer is known to be slow, or runs once only. */
  #isOut(contestant: Contestant): boolean {
    if (contestant === this.#row.contestants[0]) return false;
    if (contestant.onceRounds !== undefined) return true;
    const ours = this.#row.contestants[0]?.name;
    const first = this.#result.runs.filter(({ round, rounds }) => round === 0 && rounds > 0);
    const own = first.find((run) => run.contestant === contestant.name);
    if (own === undefined) return true;
    const peers = first.filter((run) => run.contestant !== ours && run.rounds === own.rounds);
    return own.seconds > 2 * Math.min(...peers.map((run) => run.seconds));
  }

  #say(run: RunRecord, when: string): void {
    const phases = Object.entries(run.phases)
      .map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`)
      .join(', ');
    const megabytes = Math.round(run.peakBytes / 2 ** 20);
    console.error(
      `${this.#row.name} ${when}: ${run.contestant} (${run.variant}) ${run.seconds.toFixed(2)} ${this.#row.unit ?? 's'} (${phases}), ` +
        `${this.#row.metric} ${run.score.toFixed(5)}, ${megabytes} MiB, ${run.cpuSeconds.toFixed(1)} s of cores, ` +
        `others ${Math.round(100 * run.othersShare)} %`,
    );
  }
}

function modelFolder(row: BenchRow, contestant: Contestant): string {
  return join(benchHome, 'models', row.name, contestant.name);
}
