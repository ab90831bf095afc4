/** Where do the members of a gang meet, by what Spark says of their tasks? The shim is asked in the workers' Python. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runsSpark } from './spark-session.ts';

const folder = fileURLToPath(new URL('../../../spark', import.meta.url));
const program = `
import json, sys, types
import coppice_shim
addresses = json.load(sys.stdin)
infos = [types.SimpleNamespace(address=address) for address in addresses]
print(json.dumps([coppice_shim._meeting_place(infos, rank) for rank in range(len(infos))]))`;

function placesOf(addresses: readonly string[], ownAddress: string): unknown {
  const { stdout } = spawnSync(process.env['COPPICE_SPARK_PYTHON'] as string, ['-c', program], {
    env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', SPARK_LOCAL_IP: ownAddress },
    input: JSON.stringify(addresses),
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

describe.runIf(runsSpark)('the shim', () => {
  it.each<[string, string[], string, string[]]>([
    ['on one host, its loopback address', ['a:1', 'a:2'], '', ['127.0.0.1', '127.0.0.1']],
    ['on several hosts, each on its own', ['a:1', 'b.c:2', 'a'], '', ['a', 'b.c', 'a']],
    ['IPv6 addresses', ['[fd00::1]:1', 'fd00::2'], '0.0.0.0', ['fd00::1', 'fd00::2']],
    ['where a host says so', ['a:1', 'a:2'], '10.0.0.7', ['10.0.0.7', '10.0.0.7']],
  ])('lets members meet: %s', (_, addresses, own, expected) => {
    expect(placesOf(addresses, own)).toEqual(expected);
  });
});
