#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of mmuscope report in a real browser: widths, light and dark, clicks, print, no network.

usage: browser.py MMUSCOPE SOURCE_FOLDER [FOLDER]    (TAP on standard output)
With FOLDER the screenshots are kept there.
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import browser  # noqa: E402
import tap  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
KEEP = sys.argv[3] if len(sys.argv) > 3 else ''
# Text whose contrast with what is behind it is less than WCAG's 4.5.
CONTRAST = """
const lum = c => c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
	.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const rgb = s => s.match(/[\\d.]+/g).map(Number);
const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
	if (c.length < 4 || c[3]) return c.slice(0, 3); } return [255, 255, 255]; };
return [...document.querySelectorAll('p,td,th,code,pre,figcaption,span,dd,dt,li,h1,h2,h3')]
	.filter(e => e.textContent.trim() && e.offsetParent).filter(e => {
		const a = lum(rgb(getComputedStyle(e).color).slice(0, 3)), b = lum(behind(e));
		return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; }).map(e => e.outerHTML.slice(0, 80));
"""
# Of the whole page, what sticks out of it at the right.
WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHOWN = "return [...document.querySelectorAll('figure[id]')].filter(f => f.offsetParent).map(f => f.id)"
VIEWBOX = "return document.querySelector('svg.zoom').getAttribute('viewBox') + ' ' + " \
          "document.querySelector('svg.zoom').viewBox.baseVal.width"
HOSTILE = '<img src=x onerror=alert(1)>"\'&.mms'


def make(folder, name, *args):
    path = os.path.join(folder, name)
    got = subprocess.run([BINARY, 'report', '-o', path, *args], cwd=SOURCE, capture_output=True, text=True)
    tap.ok(got.returncode == 0, f'report for {name}', got.stderr)
    return path


def quiet(page, path, name):
    """Nothing is asked for but the page, and the console is empty."""
    asked = [url for url in page.requests() if not url.startswith(('chrome:', 'data:', 'devtools:'))]
    tap.ok(asked and all(url == 'file://' + path.replace('"', '%22') for url in asked),
           f'{name}: no request leaves the page', asked)
    log = page.log('browser')
    tap.ok(not log, f'{name}: nothing on the console', log)


def test_views(page, path, folder):
    for width in (360, 800, 1600):
        for dark in (False, True):
            name = f"{width} px, {'dark' if dark else 'light'}"
            page.view(width, dark)
            page.open(path)
            tap.ok(page.run(WIDE) <= 0, f'{name}: as wide as the window', page.run(WIDE))
            tap.ok(not page.run(CONTRAST), f'{name}: text can be read', page.run(CONTRAST))
            quiet(page, path, name)
            with open(os.path.join(folder, f"report-{width}-{'dark' if dark else 'light'}.png"), 'wb') as file:
                file.write(page.screenshot())
            tap.ok(file.closed and os.path.getsize(file.name) > 10000, f'{name}: a picture')


def test_clicks(page, path):
    page.view(1600)
    page.open(path)
    tap.ok(page.run(SHOWN) == ['s0f0'], 'the operation that costs most is shown', page.run(SHOWN))
    page.click('#s0o1')
    tap.ok(page.run(SHOWN) == ['s0f1'], 'a click shows another', page.run(SHOWN))
    before = page.run(VIEWBOX)
    page.click('.tools button')
    tap.ok(page.run(VIEWBOX).split()[-1] == '500', 'zoomed in', before, page.run(VIEWBOX))
    page.click('.tools button:last-of-type')
    tap.ok(page.run(VIEWBOX) == before, 'and out', page.run(VIEWBOX))
    page.click('summary')
    tap.ok(page.run("return document.querySelector('details').open"), 'the numbers open')
    quiet(page, path, 'clicks')


def test_policy(page, path):
    """Even what got in would not run or ask anybody."""
    page.view(800)
    page.open(path)
    page.requests()
    page.run("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; "
             "document.body.append(s); const i = new Image(); i.src = 'http://127.0.0.1:9/x'; "
             "document.body.append(i); document.body.insertAdjacentHTML('beforeend', "
             "'<p onclick=\"window.ran = 2\" id=evil>x</p>'); document.getElementById('evil').click();")
    tap.ok(page.run('return window.ran === undefined'), 'no script but ours runs')
    tap.ok(len(page.log('browser')) >= 3, 'the policy refused three things')


def test_print(page, path, folder):
    page.view(800)
    page.open(path)
    pdf = os.path.join(folder, 'report.pdf')
    with open(pdf, 'wb') as file:
        file.write(page.pdf())
    with open(pdf, 'rb') as file:
        tap.ok(file.read(5) == b'%PDF-', 'prints')
    page.view(794, True, 'print')
    tap.ok(page.run("return getComputedStyle(document.body).color") == 'rgb(0, 0, 0)', 'black on white')
    tap.ok(page.run("return getComputedStyle(document.querySelector('.tools')).display") == 'none',
           'without buttons')
    tap.ok(page.run(WIDE) <= 0, 'within the paper', page.run(WIDE))


def test_without_script(page, path):
    page.cdp('Emulation.setScriptExecutionDisabled', value=True)
    page.view(1600)
    page.open(path)
    page.click('#s0o1')
    tree = str(page.cdp('Accessibility.getFullAXTree'))
    tap.ok('the longest stall is' in tree and 'line 13: ' in tree, 'all is there without script')
    tap.ok("'zoom in" not in tree, 'but for zooming')
    page.cdp('Emulation.setScriptExecutionDisabled', value=False)


def test_hostile(page, folder):
    script = os.path.join(folder, HOSTILE)
    with open(script, 'w') as file:
        file.write('map ram 0x100000000000 2M rw anon private # </script><script>window.ran=1</script>\n'
                   'touch ram 4K w\nmprotect ram 4K r\n')
    path = make(folder, 'hostile.html', script)
    page.requests()
    page.view(360)
    page.open(path)
    tap.ok(page.run('return window.ran === undefined && !document.images.length'), 'hostile names do nothing')
    tap.ok(page.run("return document.querySelector('h2').textContent") == script, 'and are shown as they are')
    tap.ok(page.run(WIDE) <= 0, 'long ones are wrapped')
    quiet(page, path, 'hostile names')


def main():
    missing = browser.missing()
    if missing:
        tap.skip('the report in a browser', missing)
        return tap.done()
    folder = tempfile.mkdtemp(prefix='mmuscope-report-')
    try:
        path = make(folder, 'report.html', '-m', 'shadow,tdp', 'scripts/one-touched-page-512g.mms')
        with browser.Browser() as page:
            page.requests()
            test_views(page, path, KEEP or folder)
            test_clicks(page, path)
            test_policy(page, path)
            test_print(page, path, KEEP or folder)
            test_without_script(page, path)
            test_hostile(page, folder)
    finally:
        shutil.rmtree(folder)
    return tap.done()


sys.exit(main())
