import type { AptEntry } from './apt-sources.js';
import type { OsRelease } from './os-release.js';
import type { Declined } from '../source.js';

/** What a private apt reads packages from. The index is checked against that keyring and no other. */
export interface Repository {
  readonly uris: readonly string[];
  readonly suite: string;
  readonly components: readonly string[];
  /** The absolute path of an archive keyring that the distribution installed. */
  readonly keyring: string;
}

/** What the machine has to choose from. Keyrings are undefined where they are not installed. */
export interface AptFacts {
  readonly os: OsRelease;
  readonly entries: readonly AptEntry[];
  readonly debianKeyring: string | undefined;
  readonly ubuntuKeyring: string | undefined;
}

/** The first Ubuntu release whose archive has a `buildbox` package. */
const FIRST_UBUNTU = 26.04;

/**
 * Where `buildbox` is to be had: Ubuntu's own archive where it has it, else Debian's unstable suite on the Debian
 * mirror that this machine is set up with.
 */
export function buildBoxRepository(facts: AptFacts): Repository | Declined {
  const { os, ubuntuKeyring } = facts;
  if (os.id === 'ubuntu' && Number(os.versionId) >= FIRST_UBUNTU && ubuntuKeyring !== undefined) {
    const mirror = findMirror(facts, 'ubuntu');
    if (mirror !== undefined) return { ...mirror, components: ['main', 'universe'], keyring: ubuntuKeyring };
  }
  const mirror = findMirror(facts, 'debian');
  if (mirror === undefined) return { declined: `${os.title} is set up with no Debian mirror that has it` };
  if (facts.debianKeyring === undefined)
    return { declined: "Debian's archive keyring (debian-archive-keyring) is not installed" };
  return { uris: mirror.uris, suite: 'sid', components: ['main'], keyring: facts.debianKeyring };
}

/** The archive that this machine's own packages come from. */
export function ownRepository(facts: AptFacts): Repository | Declined {
  const family = facts.os.id === 'ubuntu' ? 'ubuntu' : 'debian';
  const keyring = family === 'ubuntu' ? facts.ubuntuKeyring : facts.debianKeyring;
  const mirror = findMirror(facts, family);
  if (mirror === undefined) return { declined: `${facts.os.title} is set up with no mirror of its own` };
  if (keyring === undefined) return { declined: `the archive keyring of ${facts.os.title} is not installed` };
  return { ...mirror, components: ['main'], keyring };
}

/**
 * The mirror that looks most like the distribution's own. Others offer a component `main` for the same suite, so the
 * key that an entry is bound to counts most, its address next, and the suite's name last. A wrong guess costs an
 * error: the index would not carry the distribution's signature.
 */
function findMirror(
  facts: AptFacts,
  family: 'debian' | 'ubuntu',
): { readonly uris: readonly string[]; readonly suite: string } | undefined {
  const path = family === 'debian' ? /\/debian\/?$/ : /\/ubuntu(-ports)?\/?$/;
  const likeness = ({ signedBy, uris, suites }: AptEntry): number => {
    if (signedBy !== undefined) return signedBy.includes(`${family}-archive`) ? 3 : 0;
    if (uris.some((uri) => path.test(uri))) return 2;
    return facts.os.id === family && suites.includes(facts.os.codename) ? 1 : 0;
  };
  const candidates = facts.entries
    .filter(({ components }) => components.includes('main'))
    .flatMap((entry) => {
      const suite = entry.suites.find((name) => !/[-/]/.test(name)); // Not -updates, -security, -backports.
      return suite === undefined ? [] : [{ uris: entry.uris, suite, likeness: likeness(entry) }];
    })
    .filter((candidate) => candidate.likeness > 0)
    .sort((one, other) => other.likeness - one.likeness);
  const [best] = candidates;
  return best === undefined ? undefined : { uris: best.uris, suite: best.suite };
}
