import { usageProblem } from '../problem.ts';

/** What stands for a missing value unless other words are given; a blank field always does. */
const USUAL: readonly string[] = ['NA', 'NaN', 'null', '?', '.'];

/** Reads `--missing [WORDS]`: the words for a missing value; undefined where the flag is not there. */
export function missingWords(flag: true | string | undefined): readonly string[] | undefined {
  if (flag === undefined || flag === true) return flag && USUAL;
  const words = flag.split(',').map((word) => word.trim());
  if (words.includes(''))
    throw usageProblem('--missing: give words with commas between them, for example --missing NA,-9. A blank field is always missing.');
  return words;
}
