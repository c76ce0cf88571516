/** Arguments that say which backend to talk to, and with which key; every mistake names its argument. */

/** Wrong usage: the message names the argument. */
export class UsageError extends Error {}

/**
 * The address of `--backend`.
 * @throws UsageError
 */
export function readAddress(text: string | undefined): string {
  if (text === undefined) throw new UsageError('--backend is missing: the address of the backend')
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`--backend "${text}" is not an address such as http://127.0.0.1:4000`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError(`--backend "${text}" must start with http:// or https://`)
  }
  return url.href
}

/**
 * The key of `--api-key`.
 * @throws UsageError
 */
export function readKey(text: string | undefined): string {
  if (text === undefined || text === '') throw new UsageError('--api-key is missing: the key of the integration side')
  // Anything else could not travel in a header.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new UsageError('--api-key has characters that a key cannot have')
  return text
}
