/** Where an executor is: `host:port`. */
import { CoppiceError } from '../../base/errors.ts';
import type { PeerAddress } from './gang-seat.ts';

/** The parts of `host:port`, `[::1]:port` too. @throws CoppiceError `PARAM_INVALID` */
export function addressOf(text: string, owner: string): PeerAddress {
  const [, bracketed, plain, digits = ''] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65535) return { host, port };
  const message = `an address of ${owner} must be host:port; got "${text}"`;
  throw new CoppiceError('PARAM_INVALID', message);
}

/** `host:port`. */
export function nameOf({ host, port }: PeerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
