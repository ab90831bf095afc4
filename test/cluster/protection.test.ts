/** How the members of a gang protect what they say: the ends of one connection, by the gang's key. */
import { createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { loopback } from '../../src/cluster/tcp/open-mesh.ts';
import { callerTaker, callMember, channelOf } from '../../src/cluster/tcp/protection.ts';

const tls = { kind: 'psk' } as const;

describe('a connection under the key of the gang', () => {
  const open: { destroy?(): void; close?(): void }[] = [];
  afterEach(() => {
    for (const end of open.splice(0)) (end.destroy ?? end.close)?.call(end);
  });

  /** Both ends of a connection. */
  async function connected(calledBy: string, takenBy: string): Promise<[TLSSocket, TLSSocket]> {
    const server = createServer();
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
    const taken = new Promise<Socket>((resolve) => {
      server.on('connection', callerTaker(takenBy, tls, resolve));
    });
    const { port } = server.address() as { port: number };
    const calling = callMember({ host: loopback, port }, calledBy, tls) as TLSSocket;
    open.push(calling);
    await new Promise<void>((resolve, reject) => {
      calling.once('secureConnect', resolve).once('error', reject);
    });
    const other = (await taken) as TLSSocket;
    open.push(other);
    return [calling, other];
  }

  it('has keys of its own, drawn by both ends, and authenticated encryption', async () => {
    const [near, far] = await connected('the key', 'the key');
    expect(near.getProtocol()).toBe('TLSv1.3');
    expect(near.getCipher().name).toBe('TLS_AES_128_GCM_SHA256');
    expect(near.getEphemeralKeyInfo()).toMatchObject({ type: 'ECDH' });
    expect(channelOf(near)).toBe(channelOf(far));
    const [again] = await connected('the key', 'the key');
    expect(channelOf(again)).not.toBe(channelOf(near));
  });

  it('does not come about where the keys differ', async () => {
    await expect(connected('the key', 'another')).rejects.toThrow(/alert|closed|ECONNRESET/);
  });
});
