/** Control characters, which a terminal obeys, and marks that break lines or turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text from a file or a command line, made fit for a terminal: what is not printable stands there as in JSON. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped.length > 1 ? escaped : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same for a name in a table: not longer than a table bears. */
export function printableName(name: string): string {
  return printable(name.length > 40 ? `${name.slice(0, 37)}...` : name);
}
