/** No spelling of a URL leads out of what an operator allowed. */
import { posix } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  allowedUrl,
  allowedUrlsVariable,
  nameOfUrl,
  urlPrefix,
} from '../../src/base/allowed-urls.ts';
import { isCoppiceError } from '../../src/base/errors.ts';

const prefixes = ['https://data.example.org/public/', 'http://10.0.0.7:8080/sets'];
const allow = (list: readonly string[]): void => {
  process.env[allowedUrlsVariable] = JSON.stringify(list.map((url) => urlPrefix(url, 'a prefix')));
};
afterEach(() => {
  delete process.env[allowedUrlsVariable];
});

function codeOf(text: string): string {
  try {
    allowedUrl(text);
    return 'allowed';
  } catch (error) {
    return isCoppiceError(error) ? error.code : 'thrown';
  }
}

describe('allowedUrl', () => {
  it.each([
    'https://data.example.org/public/x.parquet',
    'HTTPS://DATA.example.ORG:443/public/a/../x.parquet?signature=abc#part',
    'http://10.0.0.7:8080/sets',
    'http://10.0.0.7:8080/sets/x.parquet',
  ])('allows %s', (text) => {
    allow(prefixes);
    expect(codeOf(text)).toBe('allowed');
  });

  it.each([
    ['another folder', 'https://data.example.org/secret/x.parquet'],
    ['a name that begins alike', 'http://10.0.0.7:8080/sets-2/x.parquet'],
    ['the prefix without its slash', 'https://data.example.org/public'],
    ['a way up', 'https://data.example.org/public/../secret/x.parquet'],
    ['an encoded way up', 'https://data.example.org/public/%2e%2E/secret/x.parquet'],
    ['a way up behind a slash in disguise', 'https://data.example.org/public/..%2fsecret/x'],
    ['one that is encoded twice', 'https://data.example.org/public/%252e%252e/secret/x'],
    ['a backslash', 'https://data.example.org/public\\..\\secret\\x'],
    ['a backslash in disguise', 'https://data.example.org/public/..%5csecret/x'],
    ['another scheme of the two', 'http://data.example.org/public/x.parquet'],
    ['another port', 'https://data.example.org:8443/public/x.parquet'],
    ['another host', 'https://data.example.org.evil.example/public/x.parquet'],
    ['a host with a dot behind', 'https://data.example.org./public/x.parquet'],
    ['the metadata service of a cloud', 'http://169.254.169.254/latest/meta-data/'],
    ['its number', 'http://2852039166/latest/meta-data/'],
    ['loopback', 'http://127.1/sets/x.parquet'],
  ])('refuses %s', (_, text) => {
    allow(prefixes);
    expect(codeOf(text)).toBe('ACCESS_DENIED');
  });

  it('refuses everything where nothing is allowed, and allows a process of one’s own all', () => {
    expect(codeOf('https://anywhere.example/x')).toBe('allowed');
    allow([]);
    expect(codeOf('https://anywhere.example/x')).toBe('ACCESS_DENIED');
  });

  it.each([
    ['https://data.example.org@evil.example/public/x', 'PARAM_INVALID'],
    ['https://me:secret@data.example.org/public/x', 'PARAM_INVALID'],
    ['file:///etc/passwd', 'UNSUPPORTED'],
    ['s3://bucket/x.parquet', 'UNSUPPORTED'],
    ['ftp://data.example.org/public/x', 'UNSUPPORTED'],
    ['https://[/x', 'PARAM_INVALID'],
  ])('refuses %s anywhere', (text, code) => {
    expect(codeOf(text)).toBe(code);
    allow(prefixes);
    expect(codeOf(text)).toBe(code);
  });

  it('takes no prefix with a query or a disguise', () => {
    for (const prefix of ['https://h/a?b=c', 'https://h/a%2f', 'ftp://h/', 'h:7000']) {
      expect(() => urlPrefix(prefix, 'a prefix')).toThrow();
    }
  });

  it('shows no query to people', () => {
    expect(nameOfUrl('https://h/x.parquet?signature=secret')).toBe('https://h/x.parquet?…');
    allow([]);
    expect(() => allowedUrl('https://h/x.parquet?signature=secret')).toThrow(/^((?!secret).)*$/);
  });

  it('lets no path out, however a server decodes it', () => {
    allow(['https://h/public/']);
    const pieces = [
      'public',
      '..',
      '.',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5c',
      '\\',
      '/',
      '//',
      'x',
      '%25',
      '%00',
      '@',
      ':',
      '?',
      '#',
      ';',
      ' ',
      '\t',
      'ü',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (rest) => {
        let url: URL;
        try {
          url = allowedUrl(`https://h/public/${rest}`);
        } catch {
          return;
        }
        expect(url.origin).toBe('https://h');
        let path = url.pathname;
        for (let i = 0; i < 3; i++) {
          expect(posix.normalize(path.replaceAll('\\', '/'))).toMatch(/^\/public(\/|$)/);
          path = decodeURIComponent(path);
        }
      }),
      { numRuns: 400 },
    );
  });
});
