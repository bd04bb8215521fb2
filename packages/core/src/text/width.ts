/** What colours text in a terminal, and takes no room there. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: such sequences begin with a control character
const COLOUR = /\u001b\[[\d;]*m/g;

/** Marks that stand upon the character before them, or show nothing. */
const NO_ROOM = /[\p{Mn}\p{Me}\p{Cf}]/gu;

/** Characters as wide as two: those of Chinese, Japanese and Korean, and pictures. */
const WIDE = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{Emoji_Presentation}\uff01-\uff60]/gu;

/** How many columns a text takes in a terminal. */
export function textWidth(text: string): number {
  const shown = text.replace(COLOUR, '').replace(NO_ROOM, '');
  return [...shown].length + (shown.match(WIDE)?.length ?? 0);
}
