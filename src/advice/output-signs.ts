import { createReadStream } from 'node:fs';

/** The words of C libraries, shells, compilers, package managers and language runtimes for what stands in a build's way. */
const WORDS = {
  /** What the machine lacks, or does to a program. */
  machine: [
    'No space left on device|Disk quota exceeded|disk (?:is )?full|\\bENOSPC\\b|\\bEDQUOT\\b',
    'Cannot allocate memory|out of memory|OutOfMemory|\\bbad_alloc\\b|memory exhausted|\\bMemoryError\\b|\\bENOMEM\\b',
    'Resource temporarily unavailable|Too many open files|\\bEAGAIN\\b|\\bEMFILE\\b|\\bENFILE\\b',
    'Input/output error|Transport endpoint is not connected|Stale file handle|Bus error|\\bEIO\\b|\\bENOTCONN\\b',
    '\\bKilled\\b|\\bsignal 9\\b|\\bSIGKILL\\b|\\bSIGTERM\\b|\\bTerminated\\b',
  ],
  /** A name that is not resolved, or an address that is not reached. */
  network: [
    "(?:Could not|Couldn't|unable to|failed to|cannot) resolve (?:host|proxy|address)",
    'Temporary failure (?:in name resolution|resolving)|Name or service not known|No address associated with hostname',
    '\\bEAI_AGAIN\\b|\\bENOTFOUND\\b|\\bENETUNREACH\\b|Network is unreachable|No route to host',
    'UnknownHostException|Unknown host\\b|no such host|dial tcp: lookup|nodename nor servname',
    'failed to lookup address information|Failed to establish a new connection|\\bNU1301\\b',
  ],
  /** An address that does not let itself be reached, or not by whoever asks. */
  refusal: [
    'Connection (?:refused|timed out|reset by peer)|Operation timed out|\\bECONNREFUSED\\b|\\bETIMEDOUT\\b|\\bECONNRESET\\b',
    '\\b40[1347] (?:Unauthorized|Forbidden|Not Found|Proxy Authentication Required)|\\b(?:error|code|status)[: ]+40[1347]\\b',
    'certificate verify failed|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|PKIX path building failed',
  ],
  /** A repository that is not there. */
  repository: [
    'not a git repository|fatal: No names found, cannot describe|error obtaining VCS status',
    'unable to detect version|Unable to find git version|\\.git directory (?:is|was|could) not|No git repository found',
    'No \\.git directory|Git repository not found|could not find (?:a )?git repo',
  ],
  /** A change of the system that is only read. */
  system: [
    "Read-only file system|(?:npm (?:error|ERR!) code )?\\bEROFS\\b|mkdir '/[^'\\n]{0,24}/node_modules\\b|administrative privileges",
    'are you root\\?|sudo: (?:command )?not found|"no new privileges" flag|sudo must be owned by uid 0',
  ],
  /** A program that a shell or make looked for on PATH. */
  program: [
    '[\\w.+-]{1,40}: (?:command )?not found$|\\bmake(?:\\[\\d+\\])?: [\\w.+-]{1,24}: No such file or directory$',
  ],
  /** A program, module or library that others wrote. */
  dependency: [
    'Cannot find (?:module|package)|Module not found|MODULE_NOT_FOUND|Could not resolve "|(?:command )?not found$',
    'ModuleNotFoundError|No module named|cannot load such file|Could not find gem|Bundler::GemNotFound',
    'vendor/autoload\\.php|inconsistent vendoring|cannot find package',
  ],
};

/** No word is longer than so many characters, so that none is overlooked between two chunks. */
const LONGEST = 64;

type Sign = keyof typeof WORDS;

const PATTERNS = Object.entries(WORDS).map(
  ([sign, words]) => [sign as Sign, new RegExp(words.join('|'), 'im')] as const,
);

/** The first words of each kind that a build's output has. */
export type OutputSigns = Readonly<Partial<Record<Sign, string>>>;

/** What of a build's output says why it may have failed. @param files of its output */
export async function readSigns(files: readonly string[]): Promise<OutputSigns> {
  const signs: Partial<Record<Sign, string>> = {};
  for (const file of files) {
    let end = '';
    for await (const chunk of createReadStream(file, { encoding: 'latin1' })) {
      const text = end + String(chunk);
      for (const [sign, pattern] of PATTERNS) {
        const [words] = pattern.exec(text) ?? [];
        if (words !== undefined) signs[sign] ??= words;
      }
      end = text.slice(-LONGEST);
    }
  }
  return signs;
}
