const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes for people, in SI units (1 kB is 1,000 bytes) with three significant digits: `999 B`, `1.23 MB`, `45.6 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (unit < BYTE_UNITS.length - 1 && roundTo3Digits(value) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : roundTo3Digits(value)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** Milliseconds for people: `84 ms`, `1.23 s`, `45.6 s`, `2 min 5 s`, `1 h 4 min`. */
export function formatDuration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (roundTo3Digits(seconds) < 60) return `${roundTo3Digits(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joinUnits(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  return joinUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

/** `1 file`, `2 files`, `12,345 files`. Not by Intl, whose first use takes longer than all else that a hit prints. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  const grouped = String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${grouped} ${count === 1 ? one : many}`;
}

/** A share of a whole in percent; a whole of nothing is 0 %. */
export function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (part / whole) * 100 : 0;
  if (percent > 0 && percent < 1) return '< 1 %';
  return percent > 99 && percent < 100 ? '> 99 %' : `${Math.round(percent)} %`;
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function roundTo3Digits(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
