/**
 * One colour a component. They keep apart for people with any of the common colour deficiencies (the first four after Okabe and Ito) and have
 * enough contrast for marks on a white and on a black page. No text is set in them.
 */
const colours = ['#2b7bba', '#d9641e', '#109378', '#a65fb0', '#b8860b', '#c04a6e', '#6b7f2a', '#5a5fc7'] as const;

/** Lines of different components differ in their dashes too. */
const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 2', '12 3', '1 2', '6 2 1 2 1 2'] as const;

export function componentColour(component: number): string {
  return colours[component % colours.length]!;
}

export function componentDash(component: number): string {
  return dashes[component % dashes.length]!;
}

const linear: readonly (readonly number[])[] = colours.map((colour) =>
  [1, 3, 5].map((start) => (Number.parseInt(colour.slice(start, start + 2), 16) / 255) ** 2.2),
);

/** The components' colours mixed, as light is, in the proportions of the responsibilities. */
export function mixColours(responsibilities: ArrayLike<number>): string {
  const sum = [0, 0, 0];
  for (let component = 0; component < responsibilities.length; component += 1) {
    const colour = linear[component % linear.length]!;
    for (let channel = 0; channel < 3; channel += 1) sum[channel]! += responsibilities[component]! * colour[channel]!;
  }
  return `rgb(${sum.map((value) => Math.round(255 * Math.min(1, Math.max(0, value)) ** (1 / 2.2))).join(' ')})`;
}
