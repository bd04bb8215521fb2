/** A number for reading: `digits` significant ones, never in exponent form unless it is very large or very small. */
export function show(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return value === Infinity ? '∞' : value === -Infinity ? '−∞' : 'none';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size >= 1e7 || size < 1e-4 ? value.toExponential(digits - 1).replace('e+', 'e') : Number(value.toPrecision(digits)).toString();
  return minus(text);
}

/** Rounds half up from the exact value of the double, which is what printed tables do and what `toFixed` does for numbers >= 0. */
export function fixed(value: number, decimals: number): string {
  return minus(value < 0 ? `-${(-value).toFixed(decimals)}` : value.toFixed(decimals));
}

export function minus(text: string): string {
  return text.replace(/^-|(?<=e)-/, '−');
}

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return grouped.format(value);
}

export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
