/** Programs that users start get profiles of their own names; this one is told from them by ours. */
export const PROFILE = 'buildbox-action-bwrap';

/** Characters that a profile's path takes for patterns (apparmor.d(5)). */
const SPECIAL = /[\\*?[\]{}^,"]/g;

/** A profile by which one program, and no other, may make user namespaces. It restricts nothing. */
export function profileFor(program: string): string {
  const path = program.replace(SPECIAL, (character) => `\\${character}`);
  return `abi <abi/4.0>,\n\nprofile ${PROFILE} "${path}" flags=(unconfined) {\n  userns,\n}\n`;
}
