import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.ts';
import type { FileFigures, Survivor } from './figures.ts';

/**
 * A comment that says why a change of the code which no test notices may stay: `// Survives: why` of the next statement, `// Survives below: why`
 * of the rest of the block. `below, < for <=` speaks only of a comparison that lets in or leaves out its border, `below, "a" for 'b'` only of
 * that change.
 */
export interface Reason {
  /** The comment, without what it begins with. */
  readonly why: string;
  readonly only: string | undefined;
  /** The lines that it is about, without indentation. */
  readonly lines: ReadonlySet<string>;
}

const COMMENT = /^( *)\/\/ Survives( below(?:, ([^:]*))?)?: (.*)$/;
const isComment = (line: string): boolean => /^ *(\/\/|\/?\*)/.test(line);

export function reasonsIn(text: string): readonly Reason[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [, indentation, below, only, why] = COMMENT.exec(line) ?? [];
    if (why === undefined) return [];
    const first = lines.findIndex((one, at) => at > index && one !== '' && !isComment(one));
    const leaves = (one: string): boolean => one !== '' && !one.startsWith(indentation!);
    const ends = below === undefined ? (one: string) => /[;{]$/.test(one) : leaves;
    const last = lines.findIndex((one, at) => at >= first && ends(one));
    return { why, only, lines: new Set(lines.slice(first, last < 0 ? undefined : last + 1).map((one) => one.trim())) };
  });
}

export function covers({ only, lines }: Reason, { source, change }: Survivor): boolean {
  if (!lines.has(source)) return false;
  const [before, after] = change.split(' → ') as [string, string];
  if (only === undefined) return true;
  if (only === '< for <=') return before.replace(/([<>])=/g, '$1') === after.replace(/([<>])=/g, '$1');
  const [put, stood] = only.split(' for ');
  return before === stood && after === put;
}

export interface Review {
  readonly file: string;
  /** The reasons, each with the survivors that it is the nearest to speak of. */
  readonly reasons: readonly { readonly why: string; readonly survivors: readonly Survivor[] }[];
  /** Survivors without a reason, and reasons that no survivor needs. */
  readonly unexplained: readonly Survivor[];
  readonly needless: readonly string[];
}

/** Of one file: its survivors beside its reasons. Those for one statement come before those for a block, and both before those that name a change. */
export function review({ file, survivors }: FileFigures, text: string = readFileSync(join(root, file), 'utf8')): Review {
  const rank = ({ only, lines }: Reason): number => (only === undefined ? lines.size : Infinity);
  const reasons = reasonsIn(text);
  const nearest = (survivor: Survivor): Reason | undefined =>
    reasons.filter((reason) => covers(reason, survivor)).sort((one, other) => rank(one) - rank(other))[0];
  return {
    file,
    reasons: reasons.map((reason) => ({ why: reason.why, survivors: survivors.filter((survivor) => nearest(survivor) === reason) })),
    unexplained: survivors.filter((survivor) => nearest(survivor) === undefined),
    needless: reasons.filter((reason) => !survivors.some((survivor) => covers(reason, survivor))).map(({ why }) => why),
  };
}
