/** The printable characters from `#` to `~`. */
export const FIRST_CHARACTER = 35;
export const CHARACTERS = 92;

/** Added to every byte: the commonest then take one character, and few need a backslash. */
export const SHIFT = 6;

/**
 * The compiled kernels, from the text in which assembly/build.ts wrote them: a byte is a character, or a space or `!` and a character. A
 * byte always looks the same, so gzip finds what is repeated, which base64 hides from it; and any encoding of a page leaves ASCII alone.
 */
export function readModuleText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    let value = text.charCodeAt(index) - FIRST_CHARACTER;
    if (value < 0) {
      index += 1;
      value = text.charCodeAt(index) - FIRST_CHARACTER + CHARACTERS * (value + 4);
    }
    bytes[length] = value - SHIFT;
    length += 1;
  }
  return bytes.subarray(0, length);
}
