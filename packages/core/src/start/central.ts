import type { Summary } from '../data/summary.ts';
import type { Family, ParameterValue, ParameterValues } from '../family.ts';
import type { Domain } from '../model/domain.ts';
import { componentBoundary } from '../model/family-space.ts';

/** Parameters about which first statistics of the whole data can be taken: the family's own choice, or the middle of its domains. */
export function locate(family: Family, summary: Summary): ParameterValues {
  const found = family.locate?.(summary);
  // On an edge, to which a mean may round, some rows would be impossible.
  if (found !== undefined && componentBoundary(family, found, new Set()).length === 0) return found;
  return Object.fromEntries(Object.entries(family.parameters).map(([name, domain]) => [name, centralValue(domain)]));
}

/** A plain interior point of a domain. */
function centralValue(domain: Domain): ParameterValue {
  switch (domain.kind) {
    case 'real':
      return 0;
    case 'positive':
    case 'non-negative':
      return 1;
    case 'probability':
      return 0.5;
    case 'interval':
      return domain.minimum + (domain.maximum - domain.minimum) / 2;
    case 'real-vector':
      return Array.from({ length: domain.length }, () => 0);
    case 'positive-vector':
      return Array.from({ length: domain.length }, () => 1);
    case 'simplex':
      return Array.from({ length: domain.length }, () => 1 / domain.length);
    case 'record':
      return Object.fromEntries(Object.entries(domain.entries).map(([name, entry]) => [name, centralValue(entry)]));
    case 'own':
      return domain.space.centre;
    case 'lower-triangle':
      return Array.from({ length: domain.dimension }, (_, row) =>
        Array.from({ length: row + 1 }, (__, column) => (row === column ? 1 : 0)),
      );
    case 'positive-definite':
      return Array.from({ length: domain.dimension }, (_, row) =>
        Array.from({ length: domain.dimension }, (_, column) => (row === column ? 1 : 0)),
      );
  }
}
