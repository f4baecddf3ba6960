/** Where things are inside the sandbox. None of it depends on where this machine keeps the checkout. */
export const WORKSPACE = 'workspace';
export const HOME = 'home/build';
export const TEMPORARY = '/tmp';
/** Where package managers put the programs that an ordinary user installs (pip, cargo, go), as in PATH. */
export const HOME_PROGRAMS = ['.local/bin', '.cargo/bin', 'go/bin'].map((folder) => `/${HOME}/${folder}`);
