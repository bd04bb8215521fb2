import { codeName, EmkitError, showValue } from '../errors.ts';
import type { Family } from '../family.ts';

const FIT: readonly string[] = [
  ...['family', 'families', 'components', 'latent', 'held', 'shared'],
  ...['columns', 'weights', 'labels', 'sequences', 'missing', 'dimension', 'blockSize'],
  ...['start', 'starts', 'iterations', 'tolerance', 'accelerate', 'seed', 'onCollapse', 'resume'],
  // A fit in this thread does not need them, but one record of options may serve both.
  ...['threads', 'startWorker'],
];
const SELECT: readonly string[] = [...FIT.filter((name) => !['families', 'resume', 'held'].includes(name)), ...['criterion', 'patience']];
const WATCH: readonly string[] = ['signal', 'onProgress'];

/** A function that takes options. */
export type Called = 'fit' | 'fitSteps' | 'fitAsync' | 'select' | 'selectAsync' | 'predict';

const OPTIONS: Readonly<Record<Called, readonly string[]>> = {
  fit: FIT,
  fitSteps: FIT,
  fitAsync: [...FIT, ...WATCH],
  select: SELECT,
  selectAsync: [...SELECT, ...WATCH, 'onCandidate'],
  predict: ['columns', 'labels', 'missing', 'dimension', 'sequences'],
};

/** What people call them elsewhere, in small letters and without what joins words. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  components: 'k ncomponents numcomponents clusters nclusters groups',
  family: 'distribution dist model',
  iterations: 'maxiterations maxiter niter',
  tolerance: 'tol eps epsilon',
  starts: 'ninit nstart nstarts restarts',
  start: 'init initial initparams',
  seed: 'randomseed randomstate',
  weights: 'caseweights sampleweight sampleweights',
  held: 'fixed fix',
  shared: 'tied',
  threads: 'workers njobs nthreads',
  accelerate: 'acceleration',
};

/** @throws EmkitError `OPTION_INVALID` for no record, or an option that there is not, naming the one that was probably meant */
export function checkNames(options: unknown, called: Called): void {
  const isFamily = typeof (options as Partial<Family> | undefined)?.logDensity === 'function';
  if (typeof options !== 'object' || options === null || Array.isArray(options) || isFamily) {
    const counts = called.startsWith('select') ? '[1, 2, 3]' : '2';
    const what = options === undefined ? 'No options are given' : `The options are ${isFamily ? 'a family' : showValue(options)}`;
    const example = called === 'predict' ? "columns: ['x']" : `family: gaussian(), components: ${counts}`;
    throw new EmkitError('OPTION_INVALID', `${what}.`, { remedy: `Give a record, for example { ${example} }.` });
  }
  const known = OPTIONS[called];
  const name = Object.keys(options).find((given) => !known.includes(given));
  if (name === undefined) return;
  throw new EmkitError('OPTION_INVALID', `There is no option ${showValue(name)}.`, {
    value: name,
    remedy: whatWasMeant(name, known, (options as { family?: Partial<Family> | null }).family) ?? `There are: ${known.join(', ')}.`,
  });
}

function whatWasMeant(name: string, known: readonly string[], family: Partial<Family> | null | undefined): string | undefined {
  const word = lettersOf(name);
  const own = Object.keys(family?.options ?? {}).find((option) => word === option || word === `${option}type`);
  if (own !== undefined) return `It is an option of the family: ${codeName(String(family!.id))}({ ${own}: ... }).`;
  const elsewhere = Object.entries(OPTIONS).flatMap(([other, names]) => (names.includes(name) ? [other] : []));
  if (elsewhere.length > 0) return `It is an option of ${elsewhere.join(', ')}.`;
  const near = known.find((other) => OTHER_NAMES[other]?.split(' ').includes(word)) ?? nearest(name, known);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

/** The word among several that somebody meant who wrote another: one that differs in few letters, or in what is no letter. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const word = lettersOf(given);
  return words.find((other) => isNear(word, lettersOf(other), other.length < 6 ? 1 : 2));
}

function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[^a-z]/g, '');
}

/** Whether two words differ by at most so many letters changed, left out or added. */
function isNear(a: string, b: string, left: number): boolean {
  if (a === '' || b === '') return a.length + b.length <= left;
  const [x, y] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(x, y, left);
  return left > 0 && (isNear(x, y, left - 1) || isNear(a, y, left - 1) || isNear(x, b, left - 1));
}
