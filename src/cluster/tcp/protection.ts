/**
 * What protects the connections of a gang. Without TLS they stay on the loopback address. With it, either the
 * gang's own key serves as pre-shared key (nothing to set up; one key a gang), or the hosts' certificates do.
 * In both cases each connection has keys of its own that no later leak of the gang's key reveals.
 */
import { createHash } from 'node:crypto';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { CoppiceError } from '../../base/errors.ts';

/** Where a member of a gang listens. */
export interface MemberAddress {
  readonly host: string;
  readonly port: number;
}

/** TLS between the members of a gang. */
export type GangTls =
  /** The gang's key is the pre-shared key. */
  | { readonly kind: 'psk' }
  /** Certificates in PEM; with `ca`, both sides must show one that it signed. */
  | {
      readonly kind: 'certificates';
      readonly cert: string;
      readonly key: string;
      readonly ca?: string | undefined;
    };

// a pre-shared key, forward secrecy (OpenSSL offers no other mode by itself) and the cheapest authenticated
// encryption: with a callback for the key OpenSSL takes suites of SHA-256 alone
const pskOptions = {
  ciphers: 'TLS_AES_128_GCM_SHA256',
  minVersion: 'TLSv1.3',
} as const;

const pskIdentity = 'coppice-gang';

/** True for addresses that no other machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** @throws CoppiceError `PARAM_INVALID` where members on other machines are to be met without TLS */
export function checkProtected(members: readonly MemberAddress[], tls: GangTls | null): void {
  const far = members.find(({ host }) => !isLoopback(host));
  if (far === undefined || tls !== null) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `tls of a gang must be given where a member is not on this machine; got none, and a member at ${far.host}`,
  );
}

/** Calls a member; the socket may be written to at once. */
export function callMember(address: MemberAddress, key: string, tls: GangTls | null): Socket {
  const { host, port } = address;
  if (tls === null) return connectPlain(port, host);
  if (tls.kind === 'certificates') {
    const { cert, key: certificateKey, ca } = tls;
    return connect({ host, port, cert, key: certificateKey, ...(ca === undefined ? {} : { ca }) });
  }
  return connect({
    ...pskOptions,
    host,
    port,
    pskCallback: () => ({ psk: pskOf(key), identity: pskIdentity }),
    // the key says who it is
    checkServerIdentity: () => undefined,
  });
}

/** Takes the callers' side of TLS: each caller's socket goes in, the one to talk through comes out. */
export function callerTaker(
  key: string,
  tls: GangTls | null,
  take: (socket: Socket) => void,
): (socket: Socket) => void {
  if (tls === null) return take;
  const options: TlsOptions & { pskCallback?: unknown } =
    tls.kind === 'psk'
      ? {
          ...pskOptions,
          pskCallback: (_: TLSSocket, identity: string) =>
            identity === pskIdentity ? pskOf(key) : null,
          pskIdentityHint: pskIdentity,
        }
      : {
          cert: tls.cert,
          key: tls.key,
          ...(tls.ca === undefined
            ? {}
            : { ca: tls.ca, requestCert: true, rejectUnauthorized: true }),
        };
  const server = createServer(options);
  server.on('secureConnection', take);
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return (socket) => server.emit('connection', socket);
}

/** What only the two ends of a TLS connection can compute; empty without TLS. */
export function channelOf(socket: Socket): string {
  if (!('exportKeyingMaterial' in socket)) return '';
  const label = 'EXPERIMENTAL-coppice-gang';
  return (socket as TLSSocket).exportKeyingMaterial(32, label, Buffer.alloc(0)).toString('hex');
}

/** The key of the gang may be any text; a pre-shared key has 32 bytes. */
function pskOf(key: string): Buffer {
  return createHash('sha256').update(`coppice gang\n${key}`).digest();
}
