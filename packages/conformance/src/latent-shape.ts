const FUNCTIONS = ['posterior', 'expectedLogProbability', 'logProbability', 'sample', 'maximize', 'gain', 'recentre'] as const;
const OPTIONAL_FUNCTIONS = ['logWeights', 'revive', 'weights', 'locate'] as const;
const SPACE = ['check', 'contains', 'distance', 'rounding', 'boundary'] as const;
const COORDINATES = ['difference', 'move', 'scales'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Says why a value cannot be the definition of a latent structure, as the end of "This is not a latent structure: ..."; undefined when it can.
 * Only the shape is looked at.
 */
export function describeLatentShape(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    return `it is ${value === null ? 'null' : `of type ${typeof value}`}`;
  const { id, create, variants } = value as Fields;
  if (typeof create !== 'function') return 'it has no function create(components, options)';
  if (!isKebab(id)) return `its id is ${JSON.stringify(id)}, not a name in kebab-case`;
  if (variants === undefined) return undefined;
  if (!Array.isArray(variants) || variants.length === 0) return 'its variants are no list';
  const odd = variants.find((variant: Fields | null) => !isCount(variant?.['components'], 1));
  return odd === undefined ? undefined : `its variant ${JSON.stringify(odd)} has no number of components`;
}

/** The same of what the definition makes. */
export function describeLatent(value: unknown, components: number): string | undefined {
  if (typeof value !== 'object' || value === null) return `create made ${value === null ? 'null' : `something of type ${typeof value}`}`;
  const latent = value as Fields;
  if (!isKebab(latent['id'])) return `its id is ${JSON.stringify(latent['id'])}, not a name in kebab-case`;
  if (latent['components'] !== components) return `it has ${String(latent['components'])} components and not ${components}`;
  if (!isCount(latent['length'], 0)) return `its length is ${String(latent['length'])}, not a whole number`;
  for (const name of ['options', 'start', 'space'] as const)
    if (typeof latent[name] !== 'object' || latent[name] === null) return `its ${name} is no record`;
  const space = latent['space'] as Fields;
  const free = (space['free'] ?? {}) as Fields;
  if (!isCount(free['length'], 0)) return `the length of space.free is ${String(free['length'])}, not a whole number`;
  for (const [record, names, where] of [
    [latent, FUNCTIONS, ''],
    [space, SPACE, 'space.'],
    [free, COORDINATES, 'space.free.'],
  ] as const)
    for (const name of names) if (typeof record[name] !== 'function') return `its ${where}${name} is not a function`;
  for (const name of OPTIONAL_FUNCTIONS)
    if (latent[name] !== undefined && typeof latent[name] !== 'function') return `its ${name} is there and not a function`;
  return undefined;
}

function isKebab(id: unknown): boolean {
  return typeof id === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(id);
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
