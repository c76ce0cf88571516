/** The least an Electron app can be: what the start of the console is compared with. */
const { app, BrowserWindow } = require('electron')
const path = require('node:path')

app.setPath('userData', process.env.FLOORWALKER_USER_DATA)
app.on('window-all-closed', () => app.quit())
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1360, height: 880, show: false, webPreferences: { sandbox: true } })
  window.once('ready-to-show', () => window.show())
  window.loadFile(path.join(__dirname, 'index.html'))
})
