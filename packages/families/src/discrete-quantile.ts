/**
 * The smallest whole x from 0 to `maximum` with `reaches(x)`, for a condition that stays true once it is: steps from a guess that double
 * until they enclose the answer, then halving. `reaches(maximum)` is taken for granted.
 */
export function smallestReaching(reaches: (x: number) => boolean, guess: number, maximum: number): number {
  let below = -1;
  let above = Math.min(Math.max(Math.floor(guess), 0), maximum);
  let step = 1;
  if (above === maximum || reaches(above)) {
    while (above > 0) {
      const next = Math.max(above - step, 0);
      if (!reaches(next)) {
        below = next;
        break;
      }
      above = next;
      step *= 2;
    }
  } else {
    do {
      below = above;
      above = Math.min(below + step, maximum);
      step *= 2;
    } while (above < maximum && !reaches(above));
  }
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2);
    // Beyond 2^53 neighbouring doubles lie further apart than 1.
    if (middle === below || middle === above) break;
    if (reaches(middle)) above = middle;
    else below = middle;
  }
  return above;
}
