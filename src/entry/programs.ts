/** The programs of dist/. Each is loaded alone, and what they share stands there once. */
const PROGRAMS = {
  main: () => import('./main.js'),
  post: () => import('./post.js'),
  check: () => import('./check.js'),
  cli: () => import('./cli.js'),
};

export async function start(program: keyof typeof PROGRAMS): Promise<void> {
  await PROGRAMS[program]();
}
