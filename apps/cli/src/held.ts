import type { Family, Held } from '@emkit/core';
import { usageProblem } from './problem.ts';

/**
 * Reads `--fix`: `weights`, `2.mean` (of component 2), or `mean` (of all components).
 *
 * @param ofLabels names of what the law of the labels has, such as `weights`
 *
 * @throws Problem for anything else
 */
export function readHeld(entries: readonly string[], family: Family, components: number, ofLabels: readonly string[]): Held | undefined {
  if (entries.length === 0) return undefined;
  const names = family.parts === undefined ? Object.keys(family.parameters) : family.holdable!;
  const held = Array.from({ length: components }, () => new Set<string>());
  for (const entry of entries) {
    if (ofLabels.includes(entry)) continue;
    const [, number, name] = /^(?:(\d+)\.)?(.+)$/.exec(entry)!;
    if (!names.includes(name!)) {
      throw usageProblem(
        `--fix ${entry}: there is nothing of that name to hold. Write ${ofLabels.join(', ')}, or one of ${names.map((known) => `${known}, 1.${known}`).join(', ')}.`,
      );
    }
    if (number !== undefined && !(Number(number) >= 1 && Number(number) <= components)) {
      throw usageProblem(`--fix ${entry}: the components are numbered from 1 to ${components}.`);
    }
    held.forEach((set, component) => {
      if (number === undefined || Number(number) === component + 1) set.add(name!);
    });
  }
  return { ...(entries.includes('weights') && { weights: true }), components: held.map((set) => [...set]) };
}
