/** The files of --tls-ca, --tls-cert and --tls-key: read and checked under the names that were typed. */
import { type CertificateTexts, checkCertificates } from '../session/check-certificates.ts';
import { pemText } from '../session/connect.ts';

/** What may be typed. */
export interface TlsFileOptions {
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What they are called in words. */
export const tlsFlags = { ca: '--tls-ca', cert: '--tls-cert', key: '--tls-key' };

/**
 * The texts of the files; undefined where none was named.
 *
 * @throws CoppiceError `PARAM_INVALID`, `FILE_NOT_FOUND`
 */
export async function tlsTexts(
  { tlsCa, tlsCert, tlsKey }: TlsFileOptions,
  owner: string,
): Promise<CertificateTexts | undefined> {
  if (tlsCa === undefined && tlsCert === undefined && tlsKey === undefined) return undefined;
  const [ca, cert, key] = await Promise.all([
    pemText(tlsCa, tlsFlags.ca),
    pemText(tlsCert, tlsFlags.cert),
    pemText(tlsKey, tlsFlags.key),
  ]);
  checkCertificates({ ca, cert, key }, tlsFlags, owner);
  return { ca, cert, key };
}
