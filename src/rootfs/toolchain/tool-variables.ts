import { basename, join } from 'node:path';

/** Variables that name the folder of a tool, with the name that folder has when nobody chose another. */
const FOLDERS: Readonly<Record<string, string | undefined>> = {
  ASDF_DATA_DIR: '.asdf',
  ASDF_DIR: '.asdf',
  DOTNET_ROOT: undefined,
  GOENV_ROOT: '.goenv',
  GOROOT: undefined,
  JAVA_HOME: undefined,
  MISE_DATA_DIR: 'mise',
  NODENV_ROOT: '.nodenv',
  PHPENV_ROOT: '.phpenv',
  PLENV_ROOT: '.plenv',
  PYENV_ROOT: '.pyenv',
  RBENV_ROOT: '.rbenv',
};

/** Variables that list folders of libraries of a tool; actions that install tools set them. */
const LISTS = ['LD_LIBRARY_PATH', 'PKG_CONFIG_PATH'];

export interface VariablesRequest {
  readonly environment: Readonly<Record<string, string>>;
  /** The tool folders that are shown. */
  readonly roots: readonly string[];
  /** rustup's folder, when rustup is there. */
  readonly rustupHome: string | undefined;
  /** Whether a path of the host is there inside. */
  readonly isShown: (path: string) => boolean;
}

/**
 * The variables by which the host's tools find their own folders. Each names a folder that is shown; no other
 * value of the environment gets in.
 */
export function toolVariables(request: VariablesRequest): Record<string, string> {
  const { environment, roots, isShown } = request;
  const variables: Record<string, string> = {};
  for (const [name, usual] of Object.entries(FOLDERS)) {
    const value = environment[name];
    const root = roots.find((path) => basename(path) === usual);
    if (value?.startsWith('/') === true && isShown(value)) variables[name] = value;
    else if (root !== undefined) variables[name] = root;
  }
  for (const name of LISTS) {
    const shown = (environment[name] ?? '')
      .split(':')
      .filter((path) => path.startsWith('/') && isShown(path));
    if (shown.length > 0) variables[name] = shown.join(':');
  }
  if (request.rustupHome !== undefined) variables.RUSTUP_HOME = request.rustupHome;
  return variables;
}

/** Where rustup keeps its toolchains: `RUSTUP_HOME`, else `.rustup` in the home folder. */
export function rustupHomeOf(environment: Readonly<Record<string, string>>, home: string): string {
  const chosen = environment.RUSTUP_HOME;
  return chosen?.startsWith('/') === true ? chosen : join(home, '.rustup');
}
