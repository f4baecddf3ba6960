import { BlockList, isIP } from 'node:net';

/**
 * Whether a list of exceptions from a proxy names a host: by name, with all below it (`example.com`, `.example.com`,
 * `*.example.com`), by address, by a range of addresses (`10.0.0.0/8`), each for one port only where it has one
 * (`example.com:443`), or by `*`. Entries are parted by commas or blanks.
 *
 * @param host without the brackets of an IPv6 address
 */
export function isExcepted(list: string, host: string, port: number): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => names(entry, name, port));
}

function names(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, bare, of] = /^(\[[^\]]*\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (of !== undefined && Number(of) !== port) return false;
  const what = (bare ?? entry).replace(/^\[(.*)\]$/, '$1');
  if (what === '') return false;
  if (isIP(host) !== 0) return hasAddress(what, host);
  const domain = what.replace(/^\*?\./, '').replace(/\.$/, '');
  return host === domain || host.endsWith(`.${domain}`);
}

function hasAddress(entry: string, host: string): boolean {
  const [address = '', bits] = entry.split('/');
  if (isIP(address) === 0 || isIP(address) !== isIP(host)) return false;
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const most = family === 'ipv6' ? 128 : 32;
  const length = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > most) return false;
  const range = new BlockList();
  range.addSubnet(address, length, family);
  return range.check(host, family);
}
