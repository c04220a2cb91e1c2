#!/usr/bin/env python3
"""Screens of `vigia top` for the documents: starts it on its simulated cluster in tmux, types keys, and writes what is seen.

    eng/captures.py text [new]    fills the blocks of docs/terminal.md that follow <!-- capture: ARGUMENTS | KEYS -->; new: the empty ones
    eng/captures.py png FOLDER [THEME…]   pictures of the main views in every theme, drawn by Chromium
    eng/captures.py picture       docs/images/top.png: unhealthy pods while many change

Needs tmux and a built vigia (dotnet build src/Vigia -c Release); for pictures chromium as well.
"""
import html
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VIGIA = os.path.join(ROOT, "artifacts/bin/Vigia/release/vigia.dll")
BLOCK = re.compile(r"(<!-- capture: (?P<args>[^|]*)\|(?P<keys>.*?) -->\n```text\n)(?P<text>.*?)(\n```)", re.S)
BASE = [(0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16), (36, 114, 200), (188, 63, 188), (17, 168, 205), (229, 229, 229),
        (102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67), (59, 142, 234), (214, 112, 214), (41, 184, 219), (255, 255, 255)]


class Screen:
    """vigia top in a tmux server of its own."""

    count = 0

    def __init__(self, arguments, width=100, height=22, environment="COLORTERM=truecolor EDITOR=\"sed -i 's/^  replicas: .*/  replicas: 9/'\""):
        Screen.count += 1
        self.socket = f"captures-{os.getpid()}-{Screen.count}"
        command = f"{environment} XDG_CONFIG_HOME=/nonexistent exec dotnet '{VIGIA}' top --demo --seed 1 {arguments}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), command)
        self.until(lambda text: "● live" in text or "▲" in text)
        self.still()

    def tmux(self, *arguments, check=True):
        done = subprocess.run(["tmux", "-L", self.socket, *arguments], capture_output=True, text=True)
        if check and done.returncode != 0:
            sys.exit(f"tmux {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def show(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def until(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition(self.show()):
            if time.monotonic() > end:
                sys.exit(f"not on the screen:\n{self.show()}")
            time.sleep(0.1)

    def still(self, seconds=1.5):
        """A moment for what follows a key: views load within it, and lights of changes go out."""
        time.sleep(seconds)

    def type(self, keys):
        """Keys by tmux's names, or a text in quotes; =TEXT waits for it, ~ for a moment."""
        for key in re.findall(r"'[^']*'|\S+", keys):
            if key.startswith("="):
                self.until(lambda text: key[1:].replace("_", " ") in text)
            elif key == "~":
                self.still()
            elif key.startswith("'"):
                self.tmux("send-keys", "-l", key[1:-1])
            else:
                self.tmux("send-keys", key)
                time.sleep(0.15)
        self.still()

    def close(self):
        self.tmux("kill-server", check=False)


def text(only_new):
    path = os.path.join(ROOT, "docs/terminal.md")
    with open(path, encoding="utf-8") as file:
        document = file.read()

    def capture(match):
        if only_new and match["text"].strip():
            return match[0]
        screen = Screen(match["args"].strip(), 100, 18)
        try:
            screen.type(match["keys"])
            lines = [line.rstrip() for line in screen.show().rstrip("\n").split("\n")]
        finally:
            screen.close()
        return match[1] + "\n".join(lines) + match[5]

    document = BLOCK.sub(capture, document)
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)


def colour(number):
    if number < 16:
        return BASE[number]
    if number < 232:
        number -= 16
        return tuple(0 if part == 0 else 55 + 40 * part for part in (number // 36, number // 6 % 6, number % 6))
    return (8 + 10 * (number - 232),) * 3


def page(ansi, foreground, background):
    """The screen as HTML."""
    out = []
    style = dict(fg=None, bg=None, bold=False, dim=False, underline=False, reverse=False)
    for part in re.split(r"(\x1b\[[0-9;:]*m|\n)", ansi):
        if part == "\n":
            out.append("\n")
        elif part.startswith("\x1b["):
            codes = [int(code or 0) for code in re.split("[;:]", part[2:-1])] or [0]
            while codes:
                code = codes.pop(0)
                if code == 0:
                    style.update(fg=None, bg=None, bold=False, dim=False, underline=False, reverse=False)
                elif code in (1, 2, 4, 7):
                    style[{1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code]] = True
                elif code == 22:
                    style.update(bold=False, dim=False)
                elif code in (24, 27):
                    style["underline" if code == 24 else "reverse"] = False
                elif code in (38, 48):
                    kind = codes.pop(0)
                    value = tuple(codes[:3]) if kind == 2 else colour(codes[0])
                    del codes[:3 if kind == 2 else 1]
                    style["fg" if code == 38 else "bg"] = value
                elif code in (39, 49):
                    style["fg" if code == 39 else "bg"] = None
                elif 30 <= code <= 37 or 90 <= code <= 97:
                    style["fg"] = colour(code - 30 if code < 90 else code - 82)
                elif 40 <= code <= 47 or 100 <= code <= 107:
                    style["bg"] = colour(code - 40 if code < 100 else code - 92)
        elif part:
            fg, bg = style["fg"] or foreground, style["bg"] or background
            if style["reverse"]:
                fg, bg = bg, fg
            css = f"color:rgb{tuple(fg)};background:rgb{tuple(bg)}" + (";font-weight:bold" if style["bold"] else "") + (";text-decoration:underline" if style["underline"] else "")
            css += ";filter:opacity(.6)" if style["dim"] else ""
            out.append(f'<span style="{css}">{html.escape(part)}</span>')
    return f'<meta charset="utf-8"><body style="margin:0;background:rgb{background}"><pre style="margin:8px;font:14px/18px \'DejaVu Sans Mono\',monospace;color:rgb{foreground}">{"".join(out)}</pre>'


THEMES = {"dark": ("--theme dark", "COLORTERM=truecolor", (220, 223, 228), (24, 26, 31)),
          "light": ("--theme light", "COLORTERM=truecolor", (30, 30, 30), (255, 255, 255)),
          "sixteen": ("--theme dark", "COLORTERM= TERM=xterm", (220, 223, 228), (24, 26, 31)),
          "sixteen-light": ("--theme light", "COLORTERM= TERM=xterm", (30, 30, 30), (255, 255, 255)),
          "none": ("", "NO_COLOR=1", (220, 223, 228), (24, 26, 31))}
VIEWS = {"pods": ("", "=READY"), "yaml": ("po team-search", "=READY y =apiVersion / 'image' Enter"), "describe": ("po team-search", "=READY d =Labels"), "logs": ("deploy team-search", "=READY l ~"),
         "pulse": ("", "=READY C-o"), "tree": ("deploy team-search", "=READY t ~"), "delete": ("po team-search", "=READY Space Space C-d"), "help": ("", "=READY ?"), "command": ("", "=READY : 'dep'")}


def png(folder, themes):
    os.makedirs(folder, exist_ok=True)
    for theme, (flag, environment, foreground, background) in ((name, theme) for name, theme in THEMES.items() if not themes or name in themes):
        for view, (arguments, keys) in VIEWS.items():
            screen = Screen(f"{arguments} {flag}", 120, 32, environment)
            try:
                screen.type(keys)
                ansi = screen.show(colours=True)
            finally:
                screen.close()
            draw(ansi, foreground, background, os.path.join(folder, f"{view}-{theme}.png"), "1030,600")


def draw(ansi, foreground, background, target, size):
    source = target[:-3] + "html"
    with open(source, "w", encoding="utf-8") as file:
        file.write(page(ansi, foreground, background))
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={size}", f"--screenshot={target}",
                    "file://" + os.path.abspath(source)], check=True, capture_output=True)
    os.remove(source)


def picture():
    """Of the screens of a minute and a half, the one with the most different states."""
    flag, environment, foreground, background = THEMES["dark"]
    states = ("CrashLoop", "ImagePull", "Completed", "Terminating", "Pending", "Error", "Init:", "ContainerCreating", "Running")
    screen = Screen(f"{flag} --rate 25", environment=environment)
    best = (-1, "")
    try:
        screen.type("=READY ~ ~ C-z")
        end = time.monotonic() + 90
        while time.monotonic() < end:
            shown, ansi = screen.show(), screen.show(colours=True)
            best = max(best, (10 * sum(state in shown for state in states) + min(15, shown.count("\n  ")), ansi))
            time.sleep(0.4)
    finally:
        screen.close()
    draw(best[1], foreground, background, os.path.join(ROOT, "docs/images/top.png"), "862,412")


if __name__ == "__main__":
    if sys.argv[1:] in (["text"], ["text", "new"]):
        text(len(sys.argv) > 2)
    elif len(sys.argv) >= 3 and sys.argv[1] == "png":
        png(sys.argv[2], sys.argv[3:])
    elif sys.argv[1:] == ["picture"]:
        picture()
    else:
        sys.exit(__doc__)
