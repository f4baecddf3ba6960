/** The mount points of `/proc/PID/mountinfo`, in its order (proc(5)). */
export function mountsIn(mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((mount) => mount !== '');
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
