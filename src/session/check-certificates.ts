/** Are the certificates, their key and the authority what they should be? OpenSSL says so in words of its own, if at all. */
import { createSecureContext } from 'node:tls';
import { CoppiceError } from '../base/errors.ts';

/** Texts in PEM. */
export interface CertificateTexts {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const certificateMark = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;
const keyMark = /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/;

/**
 * Checks what one side of TLS was given, before anybody connects.
 *
 * @param names what each is called there
 * @throws CoppiceError `PARAM_INVALID`
 */
export function checkCertificates(
  { ca, cert, key }: CertificateTexts,
  names: Readonly<Record<keyof CertificateTexts, string>>,
  owner: string,
): void {
  const refuse = (message: string, cause?: unknown): never => {
    throw new CoppiceError('PARAM_INVALID', message, { cause });
  };
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    refuse(
      `${names.cert} and ${names.key} of ${owner} must be given together; got ${names[given as 'key']} without ${names[missing as 'key']}`,
    );
  }
  for (const [text, mark, name, what] of [
    [ca, certificateMark, names.ca, 'certificate'],
    [cert, certificateMark, names.cert, 'certificate'],
    [key, keyMark, names.key, 'private key'],
  ] as const) {
    if (text === undefined || mark.test(text)) continue;
    refuse(`${name} of ${owner} must hold a ${what} in PEM; got a text without one`);
  }
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    const reason = (cause as Error).message;
    const what = /mismatch/.test(reason)
      ? `${names.key} of ${owner} must be the key of the certificate in ${names.cert}; got another's`
      : `${[names.ca, names.cert, names.key].join(', ')} of ${owner} must be PEM that OpenSSL can read, the key without a passphrase; got ${reason}`;
    refuse(what, cause);
  }
}
