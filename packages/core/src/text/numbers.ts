/** A number with so many significant digits, without an exponent where it can be read without one. */
export function showNumber(value: number, digits = 6): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const text = value.toPrecision(digits);
  if (magnitude < 1e-4 || magnitude >= 1e9) return Number(text).toExponential(digits - 1);
  return magnitude >= 10 ** digits
    ? value.toFixed(0)
    : Number(text).toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(Number(text))))));
}

/** The same without zeros at the end. */
export function showShort(value: number, digits = 6): string {
  const text = showNumber(value, digits);
  if (!text.includes('.')) return text;
  return text.replace(/\.?0+(?=e|$)/, '');
}

/** A mixture weight: four decimals, or more digits where those would show nothing. */
export function showWeight(value: number): string {
  return value !== 0 && value < 5e-5 ? value.toExponential(3) : value.toFixed(4);
}

/** A log-likelihood or criterion: four decimals. */
export function showLogLikelihood(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : String(value);
}

/** A whole number with separators between the thousands. */
export function showCount(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : showShort(value, 10);
}

/** `1 row`, `2 rows`. */
export function plural(count: number, noun: string): string {
  return `${showCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
