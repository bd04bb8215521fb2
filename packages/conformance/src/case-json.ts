/** Cases as JSON and back: what JSON cannot hold (NaN, infinities, -0, undefined) stands as `{"$": "NaN"}`. */

const TAGGED: readonly unknown[] = [Number.NaN, Infinity, -Infinity, -0, undefined];

const nameOf = (value: unknown): string => (Object.is(value, -0) ? '-0' : String(value));

/** A case as a value that JSON keeps. */
export function encodeCase(value: unknown): unknown {
  if (TAGGED.some((each) => Object.is(each, value))) return { $: nameOf(value) };
  if (Array.isArray(value)) return value.map(encodeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, encodeCase(entry)]));
}

/** The case again. */
export function decodeCase(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(decodeCase);
  if (typeof json !== 'object' || json === null) return json;
  if ('$' in json) return TAGGED.find((each) => nameOf(each) === json.$);
  return Object.fromEntries(Object.entries(json).map(([name, entry]) => [name, decodeCase(entry)]));
}

/** True where two values have the same records and lists of the same kinds: a case of before is one of today. */
export function isAlike(one: unknown, other: unknown): boolean {
  if (one === null || other === null || one === undefined || other === undefined) return true;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other)) return false;
    return one.length === 0 || other.length === 0 || isAlike(one[0], other[0]);
  }
  if (typeof one !== typeof other) return false;
  if (typeof one !== 'object') return true;
  const names = Object.keys(one).sort();
  if (JSON.stringify(names) !== JSON.stringify(Object.keys(other as object).sort())) return false;
  return names.every((name) => isAlike((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]));
}
