/** A fenced block of a Markdown page. */
export interface Fence {
  readonly language: string;
  /** What follows the language on the opening line. */
  readonly info: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** A link or an image. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Page {
  readonly fences: readonly Fence[];
  readonly links: readonly Link[];
  /** The addresses of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

const LINK = /!?\[(?:[^[\]]|\[[^\]]*\])*\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const HTML_LINK = /<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"\s]+)"/g;

/** Reads what the checks need of a Markdown page. */
export function readPage(markdown: string): Page {
  const fences: Fence[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  let open: { mark: string; language: string; info: string; line: number; indent: number; text: string[] } | undefined;
  const lines = markdown.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    const fence = /^(\s*)(`{3,}|~{3,})\s*([^\s`]*)\s*(.*)$/.exec(line);
    if (open !== undefined) {
      if (fence?.[2]?.startsWith(open.mark) && fence[3] === '') {
        fences.push({ language: open.language, info: open.info, text: open.text.join('\n'), line: open.line });
        open = undefined;
      } else open.text.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
      continue;
    }
    if (fence) {
      open = { mark: fence[2]!, language: fence[3]!, info: fence[4]!.trim(), line: index + 1, indent: fence[1]!.length, text: [] };
      continue;
    }
    const heading = /^#{1,6}\s+(.*?)\s*#*\s*$/.exec(line);
    if (heading) anchors.add(unusedAnchor(anchors, anchorOf(heading[1]!)));
    for (const [, id] of line.matchAll(/<a id="([^"]+)"/g)) anchors.add(id!);
    const prose = line.replace(/(`+)[^`].*?\1/g, '``');
    for (const pattern of [LINK, HTML_LINK]) {
      for (const [, target] of prose.matchAll(pattern)) links.push({ target: target!, line: index + 1 });
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: the block is never closed`);
  return { fences, links, anchors };
}

/** A heading's address: small letters, hyphens for spaces, no punctuation. */
export function anchorOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function unusedAnchor(anchors: ReadonlySet<string>, anchor: string): string {
  let candidate = anchor;
  for (let count = 1; anchors.has(candidate); count += 1) candidate = `${anchor}-${count}`;
  return candidate;
}
