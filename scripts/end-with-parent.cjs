/**
 * Required before a child's own code: ends the child when its standard input closes, which is what happens when the
 * process that started it is gone, however it went.
 */
const { isMainThread } = require('node:worker_threads')

// Threads (tsx's loader is one) have a standard input of their own that is closed from the start.
if (isMainThread) watch()

function watch() {
  process.stdin.on('error', end).on('end', end).on('close', end).resume()
  // A socket keeps a process alive; this one must not.
  process.stdin.unref?.()
}

let ending = false
function end() {
  if (ending) return
  ending = true
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5_000).unref()
}
