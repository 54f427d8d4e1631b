# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, driven through chromedriver's HTTP interface (W3C WebDriver).

usage as a program: browser.py PAGE WIDTH light|dark SCREENSHOT.png [TOP HEIGHT]
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-default-apps', '--disable-dev-shm-usage']


def missing():
    """What is not there, "" when all is."""
    names = [name for name in ('chromium', 'chromedriver') if not shutil.which(name)]
    return ' and '.join(names) + ' not found (Debian: chromium chromium-driver)' if names else ''


class Browser:
    """One session; use it with "with"."""

    def __init__(self, *flags):
        self.folder = tempfile.mkdtemp(prefix='mmuscope-browser-')
        self.driver = subprocess.Popen([shutil.which('chromedriver'), '--port=0'],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                       env=dict(os.environ, HOME=self.folder))
        self.session = None
        try:
            self._start(FLAGS + list(flags))
        except BaseException:
            self.close()
            raise

    def _start(self, flags):
        for line in self.driver.stdout:
            if 'successfully on port ' in line:
                self.base = 'http://127.0.0.1:' + line.split('on port ')[1].split('.')[0].strip()
                break
        options = {'binary': shutil.which('chromium'),
                   'args': flags + ['--user-data-dir=' + os.path.join(self.folder, 'profile')]}
        logs = {'browser': 'ALL', 'performance': 'ALL'}
        got = self._call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'goog:chromeOptions': options, 'goog:loggingPrefs': logs}}})
        self.session = '/session/' + got['sessionId']

    def _call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={'Content-Type': 'application/json'})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as answer:
            return json.load(answer)['value']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            if self.session:
                self._call('DELETE', self.session)
        except OSError:
            pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cdp(self, name, **params):
        """One command of the DevTools protocol."""
        return self._call('POST', self.session + '/goog/cdp/execute', {'cmd': name, 'params': params})

    def view(self, width, dark=False, media=''):
        self.cdp('Emulation.setDeviceMetricsOverride', width=width, height=900, deviceScaleFactor=1,
                 mobile=False)
        self.cdp('Emulation.setEmulatedMedia', media=media, features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def open(self, path):
        self._call('POST', self.session + '/url', {'url': 'file://' + urllib.request.pathname2url(path)})

    def run(self, script, *args):
        """The value that JavaScript returns."""
        return self._call('POST', self.session + '/execute/sync', {'script': script, 'args': list(args)})

    def click(self, selector):
        """As a user does: it must be visible and not covered."""
        found = self._call('POST', self.session + '/element',
                           {'using': 'css selector', 'value': selector})
        self._call('POST', f'{self.session}/element/{list(found.values())[0]}/click', {})

    def log(self, kind):
        return self._call('POST', self.session + '/se/log', {'type': kind})

    def requests(self):
        """Every address asked for since the last call."""
        events = (json.loads(entry['message'])['message'] for entry in self.log('performance'))
        return [event['params']['request']['url'] for event in events
                if event['method'] == 'Network.requestWillBeSent']

    def screenshot(self, top=0, height=0):
        size = self.run('return [innerWidth, document.documentElement.scrollHeight]')
        clip = {'x': 0, 'y': top, 'width': size[0], 'height': height or size[1] - top, 'scale': 1}
        return base64.b64decode(self.cdp('Page.captureScreenshot', format='png', clip=clip,
                                         captureBeyondViewport=True)['data'])

    def pdf(self):
        return base64.b64decode(self.cdp('Page.printToPDF', paperWidth=8.27, paperHeight=11.69)['data'])


def main():
    page, width, scheme, out = sys.argv[1:5]
    with Browser() as browser:
        browser.view(int(width), scheme == 'dark')
        browser.open(os.path.abspath(page))
        with open(out, 'wb') as file:
            file.write(browser.screenshot(*map(int, sys.argv[5:7])))
        with open(out + '.pdf', 'wb') as file:
            file.write(browser.pdf())
        print(browser.requests(), browser.log('browser'),
              browser.run('return [document.documentElement.scrollWidth, innerWidth, '
                          'document.documentElement.scrollHeight]'))


if __name__ == '__main__':
    main()
