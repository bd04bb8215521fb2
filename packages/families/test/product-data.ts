import { createRandom } from '@emkit/core';
import { poisson } from '@emkit/families';

/** Two kinds of people; with holes, each cell is missing with that chance. */
export function people(rows: number, seed: number, holes = 0) {
  const random = createRandom(seed);
  const height: (number | null)[] = [];
  const visits: (number | null)[] = [];
  const answer: (string | null)[] = [];
  const one = new Float64Array(1);
  for (let row = 0; row < rows; row += 1) {
    const tall = random.uniform() < 0.6;
    poisson().sample!({ rate: tall ? 8 : 3 }, random, one);
    const kept = [0, 1, 2].map(() => random.uniform() >= holes);
    const values = [(tall ? 180 : 162) + 7 * random.normal(), one[0]!, random.uniform() < (tall ? 0.2 : 0.7) ? 'yes' : 'no'] as const;
    height.push(kept[0] ? values[0] : null);
    visits.push(kept[1] ? values[1] : null);
    answer.push(kept[2] ? values[2] : null);
  }
  return { height, visits, answer };
}

/** The same as rows of the reference. */
export function rowsOf({ height, visits, answer }: ReturnType<typeof people>): (number | null)[][] {
  return height.map((value, row) => [value, visits[row]!, answer[row] === null ? null : Number(answer[row] === 'yes')]);
}

export const start = {
  weights: [0.5, 0.5],
  components: [
    { height: { mean: 165, variance: 60 }, visits: { rate: 4 }, answer: { probabilities: [0.4, 0.6] } },
    { height: { mean: 178, variance: 50 }, visits: { rate: 7 }, answer: { probabilities: [0.7, 0.3] } },
  ],
} as const;
