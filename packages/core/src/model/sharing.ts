import type { Family, ParameterValues } from '../family.ts';

/**
 * Joint M-step of components of one family under the constraint that the parameters named in `shared` are equal in all of them.
 *
 * Each component alone with what is shared held; then what is shared from the sums of all, each taken to its component's own new values of
 * the rest and to common values of what is shared, and added up. Exact, because what is shareable is estimated from nothing else. Where a
 * component holds some of what is shared, all keep its value.
 *
 * @throws EmkitError `COMPONENT_DEGENERATE` where there is no estimate
 */
export function maximizeShared<P extends ParameterValues>(
  family: Family<P>,
  statistics: readonly Float64Array[],
  counts: readonly number[],
  about: readonly P[],
  shared: ReadonlySet<string>,
  held: readonly ReadonlySet<string>[],
): readonly P[] {
  const all = Object.keys(family.parameters);
  /** `own` with the named parameters of `from`. The digits kept beside parameters go with what can be shared, or with all. */
  const withValues = (own: P, from: P, names: readonly string[]): P => {
    const refined = names.length === all.length || names.some((name) => family.shareable?.includes(name));
    const values: Record<string, unknown> = { ...own };
    for (const name of [...names, ...(refined ? Object.keys(family.refinements ?? {}) : [])]) {
      if (from[name] === undefined) delete values[name];
      else values[name] = from[name];
    }
    return values as P;
  };
  const holderOf = (name: string): number => held.findIndex((names) => names.has(name));
  const fixed = [...shared].filter((name) => holderOf(name) >= 0);
  const free = [...shared].filter((name) => holderOf(name) < 0);
  const settled = about.map((point) => fixed.reduce((own, name) => withValues(own, about[holderOf(name)]!, [name]), point));
  const alone = settled.map((point, index) =>
    family.maximize(statistics[index]!, counts[index]!, point, new Set([...held[index]!, ...shared])),
  );
  if (free.length === 0) return alone;

  const count = counts.reduce((sum, each) => sum + each, 0);
  const rest = new Set(all.filter((name) => !free.includes(name)));
  let pooled: { readonly sums: Float64Array; readonly candidate: P } | undefined;
  // Where a component's statistics were taken again in a unit of its own, those of the others may overflow in it: a unit that suits all is looked for.
  for (const candidate of settled) {
    const point = withValues(alone[0]!, candidate, free);
    const sums = new Float64Array(family.statisticsLength);
    alone.forEach((values, index) => {
      const own = statistics[index]!;
      const there = family.translate?.(own, counts[index]!, about[index]!, withValues(values, candidate, free)) ?? own;
      for (let at = 0; at < sums.length; at += 1) sums[at]! += there[at]!;
    });
    const finite = sums.every(Number.isFinite);
    if (pooled === undefined || finite) pooled = { sums, candidate };
    if (finite && family.recentre?.(sums, count, point, rest) === undefined) break;
  }
  const { sums, candidate } = pooled!;
  // The same sums for all; but each has the right to find that nothing is left beside the rounding of its own values.
  const [estimate] = alone.map((values) => family.maximize(sums, count, withValues(values, candidate, free), rest));
  return alone.map((values) => withValues(values, estimate!, free));
}
