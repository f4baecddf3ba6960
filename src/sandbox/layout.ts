/** Where things are inside the sandbox. None of it depends on where this machine keeps the checkout. */
export const WORKSPACE = 'workspace';
export const HOME = 'home/build';
export const TEMPORARY = '/tmp';
