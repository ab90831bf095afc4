/** What the tests see of a gang from outside: its members, under which JVM each is, and whether they have met. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { memberPids, within } from './server/spark-session.ts';

/** The JVM of Spark's executor that a member runs under. */
export function executorOf(member: number): number {
  for (let pid = member; pid > 1; pid = parentOf(pid)) {
    if (commandOf(pid).includes('CoarseGrainedExecutorBackend')) return pid;
  }
  throw new Error(`member ${member} has no executor`);
}

/** The process that started a process. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** The command line of a process, empty when it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Waits for a gang that has met: so many members, each connected with each.
 *
 * @param old members of an earlier try, which do not count
 * @returns the members, the hosts on which they were seen to listen for each other, and when they had met
 */
export async function gangMet(
  numMembers: number,
  ms: number,
  old: ReadonlySet<number> = new Set(),
): Promise<{ readonly members: readonly number[]; readonly hosts: string[]; readonly at: number }> {
  let members: number[] = [];
  const hosts = new Set<string>();
  const hasMet = (): boolean => {
    members = memberPids().filter((pid) => !old.has(pid));
    for (const host of doorsOf(members)) hosts.add(host);
    return members.length === numMembers && areConnected(members);
  };
  if (!(await within(ms, hasMet))) {
    throw new Error(`no gang of ${numMembers} met within ${ms} ms; members: ${members.join(', ')}`);
  }
  return { members, hosts: [...hosts].sort(), at: performance.now() };
}

/** True where each of the processes has a connection to each. */
function areConnected(pids: readonly number[]): boolean {
  const owners = new Map(pids.flatMap((pid) => socketsOf(pid).map((inode) => [inode, pid])));
  const ends = new Map<string, number>();
  const links: [owner: number, remote: string][] = [];
  for (const [, local = '', remote = '', state, , , , , , inode = ''] of tcpTable()) {
    const owner = owners.get(inode);
    if (owner === undefined || state !== established) continue;
    ends.set(local, owner);
    links.push([owner, remote]);
  }
  const pairs = new Set(links.map(([owner, remote]) => `${owner} ${ends.get(remote)}`));
  return pids.every((a) => pids.every((b) => a === b || pairs.has(`${a} ${b}`)));
}

/** How the kernel calls an open connection, and a socket that waits for callers. */
const established = '01';
const listening = '0A';

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      return target === null ? [] : [target[1] as string];
    });
  } catch {
    return []; // it has just ended, or closed one
  }
}

/** Addresses that processes listen on. */
function doorsOf(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  return tcpTable()
    .filter(([, , , state, , , , , , inode = '']) => state === listening && inodes.has(inode))
    .map(([, local = '']) =>
      Buffer.from(local.split(':')[0] as string, 'hex')
        .reverse()
        .join('.'),
    );
}

function tcpTable(): string[][] {
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/));
}
