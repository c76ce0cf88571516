/** Ids in paths: an integration's id may hold anything (`..`, `/`, half a surrogate pair), a path segment may not. */

/** Encodes an id into letters, digits and `.-_~` only; what is not plain becomes `~` and four hex digits. */
export function encodeId(id: string): string {
  // A segment of dots alone would be resolved away by every URL parser.
  const plain = /^\.+$/.test(id) ? /[\w-]/ : /[\w.-]/
  return Array.from({ length: id.length }, (_, index) => {
    const unit = id.charAt(index)
    return plain.test(unit) ? unit : `~${id.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}

/** Reverse of `encodeId`; anything it did not write is kept as it is. */
export const decodeId = (text: string): string =>
  text.replace(/~([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
