/**
 * Names of files that tell one state of a tool from another: what a package of a language says of itself, libraries,
 * headers and what finds them.
 */
const DECIDING =
  /^(package\.json|RECORD|PKG-INFO|VERSION|\.?version|release|.*\.(so|a|o|lib|pc|la|h|hh|hpp|hxx|inc|jar|jmod|rlib|pth|node|egg-link|gemspec|cmake|specs|cfg|conf|toml)|.*\.so\.[0-9.]+|lib.*\.dylib|locale-archive)$/;

/** Whether a file is one of the first to be read, where not all of them can be. */
export function isDeciding(name: string, executable: boolean): boolean {
  return executable || DECIDING.test(name);
}

/** Whether a file of a package is watched before others: what is put over in place is mostly one of these. */
export function isCode(name: string, executable: boolean): boolean {
  return executable || /\.so(\.[0-9.]+)?$/.test(name);
}

/** Whether a file is watched after others: it is for people to read, or a description that few tools do. */
export function isIdle(name: string): boolean {
  return /\.(md|markdown|rst|txt|html?|xml|svg|png|gif|jpe?g|css|[1-9])$|^(LICENSE|NOTICE|COPYING|README|CHANGELOG|AUTHORS)/i.test(
    name,
  );
}
