import { createReadStream } from 'node:fs';

/** The words of C libraries, shells, compilers and language runtimes for what a machine lacks or does to a program. */
const HINT = new RegExp(
  [
    'No space left on device|Disk quota exceeded|disk (?:is )?full|\\bENOSPC\\b|\\bEDQUOT\\b',
    'Cannot allocate memory|out of memory|OutOfMemory|\\bbad_alloc\\b|memory exhausted|\\bMemoryError\\b|\\bENOMEM\\b',
    'Resource temporarily unavailable|Too many open files|\\bEAGAIN\\b|\\bEMFILE\\b|\\bENFILE\\b',
    'Input/output error|Transport endpoint is not connected|Stale file handle|Bus error|\\bEIO\\b|\\bENOTCONN\\b',
    '\\bKilled\\b|\\bsignal 9\\b|\\bSIGKILL\\b|\\bSIGTERM\\b|\\bTerminated\\b',
  ].join('|'),
  'i',
);
/** No hint is longer than so many characters, so that none is overlooked between two chunks. */
const LONGEST = 64;

/** What of a build's output says that the machine may be the cause of its failure. @param files of its output */
export async function findHint(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    let end = '';
    for await (const chunk of createReadStream(file, { encoding: 'latin1' })) {
      const text = end + String(chunk);
      const [hint] = HINT.exec(text) ?? [];
      if (hint !== undefined) return hint;
      end = text.slice(-LONGEST);
    }
  }
  return undefined;
}
