/** A data set that comes with the page: what it is, and what a first look at it should fit. */
export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly columns: readonly string[];
  readonly family: string;
  readonly options: Readonly<Record<string, string>>;
  readonly range: readonly [number, number];
}

export const samples: readonly Sample[] = [
  {
    id: 'old-faithful',
    title: 'Old Faithful',
    about: '272 eruptions of a geyser: how long, and how long one waited (minutes)',
    columns: ['eruptions', 'waiting'],
    family: 'multivariate-gaussian',
    options: { covariance: 'full' },
    range: [1, 5],
  },
  {
    id: 'three-coins',
    title: 'Three coins',
    about: 'heads in ten tosses, twenty times: the textbook’s example',
    columns: ['heads'],
    family: 'binomial',
    options: { trials: '10' },
    range: [1, 4],
  },
  {
    id: 'galaxies',
    title: 'Galaxies',
    about: 'velocities of 82 galaxies of the Corona Borealis region (1,000 km/s)',
    columns: ['velocity'],
    family: 'gaussian',
    options: { covariance: 'full' },
    range: [1, 6],
  },
  {
    id: 'coal-mine-intervals',
    title: 'Coal-mine explosions',
    about: 'days between explosions in British coal mines, 1851 to 1962',
    columns: ['days'],
    family: 'exponential',
    options: {},
    range: [1, 3],
  },
  {
    id: 'iris',
    title: 'Iris flowers',
    about: 'petals and sepals of 150 flowers of three species (cm)',
    columns: ['petal_length', 'petal_width'],
    family: 'multivariate-gaussian',
    options: { covariance: 'full' },
    range: [1, 5],
  },
];

export function sampleAddress(id: string): string {
  return new URL(`./samples/${id}.csv`, document.baseURI).href;
}

/** One of the shipped files as columns by name; their numbers are known to be numbers. */
export async function loadSample(id: string): Promise<Readonly<Record<string, Float64Array>>> {
  const response = await fetch(sampleAddress(id));
  if (!response.ok) throw new Error(`The data set ${id} could not be loaded (${response.status}).`);
  const [header = '', ...lines] = (await response.text()).trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(','));
  return Object.fromEntries(header.split(',').map((name, column) => [name, Float64Array.from(rows, (row) => Number(row[column]))]));
}
