const FUNCTIONS = ['logDensity', 'accumulate', 'maximize'] as const;
const OPTIONAL_FUNCTIONS = [
  'locate',
  'recentre',
  'translate',
  'gain',
  'shift',
  'show',
  'rounding',
  'sample',
  'cdf',
  'quantile',
  'mean',
  'distance',
  'scores',
  'coordinates',
  'unbounded',
] as const;

/**
 * Says why a value cannot be a family or a family definition, as the end of "This is not a family: ..."; undefined when it can.
 * Only the shape is looked at: whether the functions are right is for the laws.
 */
export function describeShape(value: unknown): string | undefined {
  if (typeof value === 'function') {
    const definition = value as unknown as Record<string, unknown>;
    if (typeof definition['id'] !== 'string') return 'it is a function without an id (a definition is what defineFamily returns)';
    if (!Array.isArray(definition['variants']) || definition['variants'].length === 0)
      return `the definition ${definition['id']} has no list of variants`;
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return `it is ${value === null ? 'null' : `of type ${typeof value}`}`;
  const family = value as Record<string, unknown>;
  if (typeof family['then'] === 'function') return 'it is a promise of something: export what it becomes (await it)';
  if (typeof family['id'] !== 'string' || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(family['id']))
    return `its id is ${JSON.stringify(family['id'])}, not a name in kebab-case`;
  for (const name of FUNCTIONS) if (typeof family[name] !== 'function') return `its ${name} is not a function`;
  for (const name of OPTIONAL_FUNCTIONS)
    if (family[name] !== undefined && typeof family[name] !== 'function') return `its ${name} is there and not a function`;
  if (typeof family['options'] !== 'object' || family['options'] === null) return 'it has no record of options ({} when there are none)';
  if (!Array.isArray(family['columns']) || family['columns'].length === 0) return 'it has no list of columns';
  for (const [index, column] of (family['columns'] as Record<string, unknown>[]).entries()) {
    const support = column?.['support'] as Record<string, unknown> | undefined;
    if (typeof column?.['name'] !== 'string') return `its column ${index + 1} has no name`;
    if (!['real', 'interval', 'integer'].includes(support?.['kind'] as string))
      return `its column ${index + 1} has no support of a known kind (real, interval, integer)`;
  }
  if ((family['columns'] as { given?: boolean }[]).every(({ given }) => given === true))
    return 'all its columns are given: it has no density';
  const typical = family['typical'] as Record<string, unknown> | undefined;
  const constraint = family['constraint'] as Record<string, unknown> | undefined;
  if (constraint !== undefined && typeof constraint['holds'] !== 'function') return 'its constraint has no function holds';
  if (constraint !== undefined && typeof typical?.['row'] !== 'function')
    return 'its columns constrain one another, and it has no typical.row: nobody else can draw a row';
  const parameters = family['parameters'];
  if (typeof parameters !== 'object' || parameters === null) return 'it has no record of parameters';
  for (const [name, domain] of Object.entries(parameters)) {
    if (!DOMAINS.includes((domain as Record<string, unknown>)?.['kind'] as string))
      return `its parameter ${name} has no domain of a known kind (${DOMAINS.join(', ')})`;
  }
  if (!Number.isSafeInteger(family['statisticsLength']) || (family['statisticsLength'] as number) < 0)
    return `its statisticsLength is ${String(family['statisticsLength'])}, not a whole number of at least 0`;
  return undefined;
}

const DOMAINS: readonly string[] = [
  'real',
  'positive',
  'non-negative',
  'probability',
  'interval',
  'real-vector',
  'positive-vector',
  'simplex',
  'positive-definite',
  'lower-triangle',
  'record',
  'own',
];
