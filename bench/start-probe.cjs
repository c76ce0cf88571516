/**
 * Loaded into an Electron before its app (`-r`): prints a line when the page is there, so that both sides of the
 * comparison are measured the same way. BENCH_SELECTOR waits for that element and the frame that paints it; without it,
 * did-finish-load counts.
 */
const { app } = require('electron')

const selector = process.env.BENCH_SELECTOR
const waitForElement = (wanted) =>
  new Promise((resolve) => {
    const painted = () => requestAnimationFrame(() => setTimeout(resolve))
    if (document.querySelector(wanted)) return painted()
    const observer = new MutationObserver(() => {
      if (!document.querySelector(wanted)) return
      observer.disconnect()
      painted()
    })
    observer.observe(document, { childList: true, subtree: true, attributes: true })
  })

app.on('web-contents-created', (_event, contents) => {
  const done = () => process.stdout.write('bench: there\n')
  if (!selector) contents.once('did-finish-load', done)
  else {
    contents.once('dom-ready', () =>
      contents.executeJavaScript(`(${waitForElement})(${JSON.stringify(selector)})`).then(done, () => {}),
    )
  }
})
