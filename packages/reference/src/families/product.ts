import { ReferenceFailure } from '../failure.ts';
import type { NumericParameters, ReferenceFamilyDefinition, ReferenceOptions, ReferenceParameters } from '../family.ts';

/**
 * Independent columns, each of a family of its own: density f(x; p) = product over parts of f_part(x_part; p_part).
 *
 * Options: for each part, by name, `{ family, options }`. A row holds the columns of the parts one after the other. The weighted estimate is
 * that of each part from its own columns. A missing cell has density 1; a part is estimated from the rows in which it was observed, and where
 * there are none keeps its parameters.
 */
export const product: ReferenceFamilyDefinition = {
  id: 'product',
  parameters: {},
  create: (reference, options, familyOf) => {
    let width = 0;
    const parts = Object.entries(options).map(([name, entry]) => {
      const { family: id, options: chosen = {} } = entry as { readonly family: string; readonly options?: ReferenceOptions };
      const family = familyOf!(id, chosen);
      if (family.columns === undefined) {
        throw new ReferenceFailure('invalid-option', `The part ${name} of the product does not say how many columns it has.`, {
          family: 'product',
        });
      }
      const first = width;
      width += family.columns;
      return { name, family, first, end: width };
    });
    const own = (parameters: ReferenceParameters, name: string): ReferenceParameters => parameters[name] as ReferenceParameters;
    return {
      columns: width,
      incomplete: true,
      shapes: Object.fromEntries(parts.map(({ name }) => [name, 'record' as const])),

      take: (parameters) =>
        Object.fromEntries(parts.map(({ name, family }) => [name, family.fromNumbers((parameters[name] ?? {}) as NumericParameters)])),

      invalid(parameters) {
        for (const { name, family } of parts) family.validate(own(parameters, name));
        return undefined;
      },

      logDensityAt(parameters) {
        const densities = parts.map(({ name, family, first, end }) => ({
          logDensity: family.logDensityAt(own(parameters, name)),
          first,
          end,
        }));
        return (row) => reference.sum(densities.map(({ logDensity, first, end }) => logDensity(row.slice(first, end))));
      },

      *maximize(rows, responsibilities, previous, held) {
        const estimates: Record<string, ReferenceParameters> = {};
        for (const { name, family, first, end } of parts) {
          const heldHere = new Set([...held].flatMap((path) => (path.startsWith(`${name}.`) ? [path.slice(name.length + 1)] : [])));
          const columns = rows.map((row) => row.slice(first, end));
          estimates[name] = held.has(name)
            ? own(previous, name)
            : yield* family.maximizeSteps(columns, responsibilities, own(previous, name), heldHere);
        }
        return estimates;
      },

      *maximizeShared(rows, responsibilities, previous, shared, held) {
        const together = rows.map((_, i) => reference.sum(responsibilities.map((column) => column[i]!)));
        const estimates: Record<string, ReferenceParameters>[] = previous.map(() => ({}));
        for (const { name, family, first, end } of parts) {
          const columns = rows.map((row) => row.slice(first, end));
          const isHeld = held.some((names) => names.has(name));
          const common =
            shared.has(name) && !isHeld ? yield* family.maximizeSteps(columns, together, own(previous[0]!, name), new Set()) : undefined;
          for (const [j, estimate] of estimates.entries()) {
            const kept = isHeld && (shared.has(name) || held[j]!.has(name));
            estimate[name] =
              common ??
              (kept
                ? own(previous[j]!, name)
                : yield* family.maximizeSteps(columns, responsibilities[j]!, own(previous[j]!, name), new Set()));
          }
        }
        return estimates;
      },
    };
  },
};
