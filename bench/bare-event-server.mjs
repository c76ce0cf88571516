/**
 * The least that carries an event from a POST to an open page: what the console's way is compared with. It stores
 * nothing, knows nobody and sends every body to every listener. Started with `fork`; sends `{ url }` once it listens.
 */
import { createServer } from 'node:http'

const PAGE = '<!doctype html><title>bare</title>'

/** @type {Set<import('node:http').ServerResponse>} */
const listeners = new Set()

const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    let body = ''
    for await (const chunk of request) body += chunk
    for (const listener of listeners) listener.write(`data: ${body}\n\n`)
    response.writeHead(204).end()
  } else if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': open\n\n')
    listeners.add(response)
    response.once('close', () => listeners.delete(response))
  } else {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
  }
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.send?.({ url: `http://127.0.0.1:${address.port}` })
})
process.once('disconnect', () => process.exit(0))
