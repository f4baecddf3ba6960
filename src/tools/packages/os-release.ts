import { readFile } from 'node:fs/promises';

/** What `os-release` says of the distribution (os-release(5)). */
export interface OsRelease {
  /** `ID`, like `debian`; empty where there is no file. */
  readonly id: string;
  readonly versionId: string;
  readonly codename: string;
  /** `PRETTY_NAME`, for people. */
  readonly title: string;
}

/** Reads the machine's own; one that is missing or unreadable says nothing. */
export async function readOsRelease(): Promise<OsRelease> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() =>
    readFile('/usr/lib/os-release', 'utf8').catch(() => ''),
  );
  return parseOsRelease(text);
}

export function parseOsRelease(text: string): OsRelease {
  const value = (name: string) => new RegExp(`^${name}=(["']?)(.*)\\1\\s*$`, 'm').exec(text)?.[2] ?? '';
  return {
    id: value('ID'),
    versionId: value('VERSION_ID'),
    codename: value('VERSION_CODENAME'),
    title: value('PRETTY_NAME') || value('ID') || 'this distribution',
  };
}
