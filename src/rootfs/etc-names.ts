/**
 * What of /etc is shown. A file is here when programs of the toolchain read it and it holds nothing secret; whatever
 * is not here is not shown. Left out on purpose: accounts and host names (`passwd`, `group`, `hosts`,
 * `nsswitch.conf`, which the sandbox writes itself, `hostname`, `machine-id`), settings that may carry credentials
 * (`apt`, `environment`; of package managers `mirrors.ts` shows what holds none), private keys (`ssl/private`,
 * `pki/tls/private`, `ssh`) and what is for logging in and for services.
 */
export const ETC_NAMES: readonly RegExp[] = [
  // Which program stands behind a name.
  /^alternatives$/,
  // Certificates of authorities, and which ciphers may be used.
  /^ssl\/(certs|cert\.pem|openssl\.cnf|ct_log_list\.cnf)$/,
  /^pki\/(ca-trust|java|tls\/(certs|cert\.pem|openssl\.cnf|openssl\.d|ct_log_list\.cnf))$/,
  /^ca-certificates(\.conf)?$/,
  /^(crypto-policies|gnutls)$/,
  // How the loader finds libraries.
  /^ld\.so\.(cache|conf|conf\.d)$/,
  /^ld-musl-.*\.path$/,
  // Which system this is, which `configure` and package tools ask.
  /^(os|lsb|redhat|system|fedora|centos|rocky|almalinux|oracle|amazon-linux|alpine|arch|SuSE|gentoo)-release$/,
  /^(debian_version|dpkg\/origins|system-release-cpe)$/,
  // Time zone and language.
  /^(localtime|timezone|locale\.alias|locale\.conf|papersize)$/,
  // Names and numbers of the network, and how addresses are chosen.
  /^(protocols|services|networks|rpc|ethertypes|netconfig|gai\.conf|host\.conf)$/,
  // Types of files.
  /^(mime\.types|magic|magic\.mime)$/,
  // Languages whose set-up lies here.
  /^(java|jvm|python|perl|php|lua|ghc|R|mono|dotnet|ant|emacs|clang|rpm)([-.\d].*)?$/,
  /^maven\/(m2\.conf|logging|toolchains\.xml)$/,
  // Documents, fonts and pictures.
  /^(fonts|xml|sgml|groff|texmf|texlive|ghostscript|libpaper\.d|ImageMagick-\d+)$/,
  // Terminals, and file systems made in a build.
  /^(terminfo|mke2fs\.conf)$/,
];

/** Derived from the libraries that are there, in an order and with times of its own. */
export const NOT_IN_IDENTITY: readonly string[] = ['/etc/ld.so.cache'];

/** Folders of /etc that are never shown whole, but of which something is. */
export const ETC_FOLDERS: readonly string[] = ['dpkg', 'maven', 'pki', 'pki/tls', 'ssl'];
